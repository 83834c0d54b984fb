"""`make run`: serve the demo installation, set up at the first start, until Ctrl-C."""

import json
import shutil
import signal
import sys
from pathlib import Path

from api import Api, heading, show
from installation import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    VENDOR_LOGIN,
    VENDOR_PASSWORD,
    running,
)
from sale import CLIENT, CLIENT_PASSWORD, sell_a_licence
from shop import set_up_shop

FOLDER = Path(".run")
PORT = 8000
VENDOR_PORT = 8001


def main() -> int:
    marker = FOLDER / "demo.json"
    if FOLDER.exists() and not marker.exists():
        # A first start that was interrupted left half a shop: begin again.
        shutil.rmtree(FOLDER)
    with running(FOLDER, PORT, VENDOR_PORT) as installation:
        if not marker.exists():
            administrator = Api(installation.address, "administrator")
            shop = set_up_shop(administrator, installation)
            sell_a_licence(installation, administrator, shop)
            marker.write_text(json.dumps({"provider_id": shop.provider_id}))
        heading("Running; Ctrl-C stops it, `make clean` forgets it")
        show(f"  API             {installation.address}/api/v1")
        show(f"  try it out      {installation.address}/schema")
        show(f"  health          {installation.address}/health/ready")
        show(f"  vendor          {installation.vendor_url} ({VENDOR_LOGIN} / {VENDOR_PASSWORD})")
        show(f"  administrator   {ADMINISTRATOR} / {ADMINISTRATOR_PASSWORD}")
        show(f"  client          {CLIENT} / {CLIENT_PASSWORD}")
        show(f"  database, logs  {FOLDER.resolve()}")
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
