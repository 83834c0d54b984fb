"""Runs the simulated YooKassa as a process of its own and prints its address on one line."""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser

from billing_payment_gateways.simulation import When, serve
from billing_payment_gateways.yookassa.simulator.gateway import YooKassaServer


def main() -> None:
    parser = ArgumentParser(
        prog="python -m billing_payment_gateways.yookassa.simulator",
        description="A simulated YooKassa.",
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--shop-id", default="100500")
    parser.add_argument("--secret-key", default="test_simulated")
    parser.add_argument("--webhook-url", default="", help="where notifications are posted to")
    parser.add_argument("--when", choices=[str(when) for when in When], default="on_demand")
    given = parser.parse_args()
    server = YooKassaServer(given.shop_id, given.secret_key, given.port, given.host)
    server.app.notices.url = given.webhook_url
    server.app.notices.when = When(given.when)
    serve(server)


if __name__ == "__main__":
    main()
