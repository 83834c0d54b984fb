"""``python -m billing_ispmanager_hosting.simulator --port 0``: prints its address and serves."""

import argparse

from billing_ispmanager_hosting.simulator.panel import IspmanagerPanel
from billing_ispsystem_api.simulator import ADMINISTRATOR, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m billing_ispmanager_hosting.simulator")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--username", default="root")
    parser.add_argument("--password", default="simulated-root-password")
    parser.add_argument("--preset", action="append", default=[], help="name of a user template")
    parser.add_argument("--zone", action="append", default=[], help="name of a domain zone")
    arguments = parser.parse_args()
    panel = IspmanagerPanel()
    panel.add_user(arguments.username, arguments.password, ADMINISTRATOR)
    for name in arguments.preset or ["start"]:
        panel.presets[name] = {"limit_quota": "1024", "limit_webdomains": "10", "limit_db": "10"}
    for name in arguments.zone:
        panel.add_zone(name, arguments.username)
    serve(panel, arguments.port)


if __name__ == "__main__":
    main()
