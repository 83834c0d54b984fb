"""`make demo`: sell a licence over HTTP, from nothing to the key, and prove that the books agree.

Exit code 0 only if the service is active and the ledger verifies.
"""

import sys
import tempfile
from pathlib import Path

from api import Api
from installation import running
from sale import sell_a_licence
from shop import set_up_shop


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="billing-demo-") as folder,
        running(Path(folder)) as installation,
    ):
        administrator = Api(installation.address, "administrator")
        shop = set_up_shop(administrator, installation)
        sold = sell_a_licence(installation, administrator, shop)
        return 0 if sold else 1


if __name__ == "__main__":
    sys.exit(main())
