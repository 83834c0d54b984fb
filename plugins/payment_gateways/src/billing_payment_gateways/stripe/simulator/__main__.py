"""Runs the simulated Stripe as a process of its own and prints its address on one line."""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser

from billing_payment_gateways.simulation import When, serve
from billing_payment_gateways.stripe.simulator.gateway import StripeServer


def main() -> None:
    parser = ArgumentParser(
        prog="python -m billing_payment_gateways.stripe.simulator",
        description="A simulated Stripe.",
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--secret-key", default="sk_test_simulated")
    parser.add_argument("--webhook-secret", default="whsec_simulated")
    parser.add_argument("--webhook-url", default="", help="where notifications are posted to")
    parser.add_argument("--when", choices=[str(when) for when in When], default="on_demand")
    given = parser.parse_args()
    server = StripeServer(given.secret_key, given.webhook_secret, given.port, given.host)
    server.app.notices.url = given.webhook_url
    server.app.notices.when = When(given.when)
    serve(server)


if __name__ == "__main__":
    main()
