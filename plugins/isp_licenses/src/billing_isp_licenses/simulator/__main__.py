"""Runs the simulated seller as a process of its own and prints its address on one line."""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser

from billing_isp_licenses.simulator.selling import SellingPanel
from billing_ispsystem_api.simulator import serve


def main() -> None:
    parser = ArgumentParser(
        prog="python -m billing_isp_licenses.simulator",
        description="A simulated BILLmanager that sells ISPsystem licences.",
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--username", default="reseller@example.com")
    parser.add_argument("--password", default="reseller-password")
    parser.add_argument("--balance-minor", type=int, default=100_000)
    parser.add_argument("--currency", default="EUR")
    parser.add_argument("--activation-polls", type=int, default=1)
    parser.add_argument("--activation-seconds", type=float, default=0.0)
    given = parser.parse_args()
    panel = SellingPanel(
        activation_polls=given.activation_polls, activation_s=given.activation_seconds
    )
    panel.open_account(given.username, given.password, given.balance_minor, given.currency)
    serve(panel, given.port, given.host)


if __name__ == "__main__":
    main()
