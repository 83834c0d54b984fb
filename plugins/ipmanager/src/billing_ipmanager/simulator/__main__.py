"""``python -m billing_ipmanager.simulator --port 0``: prints its address and serves."""

import argparse
from ipaddress import ip_network

from billing_ipmanager.simulator.ipmanager import IpmanagerPanel
from billing_ipmanager.simulator.stand_in import StandInPanel
from billing_ispsystem_api.simulator import USER, Panel, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m billing_ipmanager.simulator")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--product", choices=["ipmanager", "ispmanager"], default="ipmanager")
    parser.add_argument("--network", default="192.0.2.0/28", help="addresses to hand out")
    parser.add_argument("--username", default="bill")
    parser.add_argument("--password", default="simulated-bill-password")
    arguments = parser.parse_args()
    addresses = [str(address) for address in ip_network(arguments.network).hosts()]
    panel = _panel(arguments.product, addresses)
    panel.add_user(arguments.username, arguments.password, USER)
    serve(panel, arguments.port)


def _panel(product: str, addresses: list[str]) -> Panel:
    if product == "ispmanager":
        stand_in = StandInPanel()
        stand_in.addresses[addresses[0]] = "shared"
        return stand_in
    ipmanager = IpmanagerPanel()
    ipmanager.add_addresses(*addresses)
    return ipmanager


if __name__ == "__main__":
    main()
