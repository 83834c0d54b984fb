"""Stripe as a real HTTP server, for tests and demonstrations.

In a test: ``with StripeServer(secret_key, webhook_secret) as server:``; ``server.app`` pays,
disputes and posts notifications. As a process that outlives the workers it serves:
``python -m billing_payment_gateways.stripe.simulator --port 0``, told what to do under
``/_simulator/``.
"""

from billing_payment_gateways.stripe.simulator.gateway import SimulatedStripe, StripeServer

__all__ = ["SimulatedStripe", "StripeServer"]
