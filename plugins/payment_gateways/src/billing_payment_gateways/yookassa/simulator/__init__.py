"""YooKassa as a real HTTP server, for tests and demonstrations.

In a test: ``with YooKassaServer(shop_id, secret_key) as server:``; ``server.app`` pays and posts
notifications. As a process: ``python -m billing_payment_gateways.yookassa.simulator``.
"""

from billing_payment_gateways.yookassa.simulator.gateway import SimulatedYooKassa, YooKassaServer

__all__ = ["SimulatedYooKassa", "YooKassaServer"]
