"""Carry the outbox to Redis or RabbitMQ, which wake workers on other machines."""

from uuid import uuid4

import structlog
from dramatiq import Broker

from billing_kernel.messaging.broker import message_for
from billing_kernel.messaging.outbox import Outbox

BATCH = 100

log = structlog.get_logger(__name__)


class Relay:
    """Publishes due rows; any number of relays may run.

    The rows stay until a worker finished them. What a broker loses is published again.
    """

    def __init__(self, outbox: Outbox, broker: Broker) -> None:
        self._outbox = outbox
        self._broker = broker

    def publish(self) -> bool:
        """Publish what is due; True if there may be more. Raises what the client library raises."""
        rows = self._outbox.hand_over(f"relay:{uuid4().hex}", BATCH)
        published = 0
        try:
            for leased in rows:
                self._broker.enqueue(message_for(leased))
                published += 1
        finally:
            if unpublished := rows[published:]:
                self._outbox.release(unpublished, begun=False)
        return published == BATCH
