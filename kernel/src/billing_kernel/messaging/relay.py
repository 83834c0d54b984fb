"""Carry the outbox to Redis or RabbitMQ, which wake workers on other machines."""

from uuid import uuid4

from dramatiq import Broker

from billing_kernel.application.kernel import Kernel
from billing_kernel.messaging.actors import Crew
from billing_kernel.messaging.broker import message_for
from billing_kernel.messaging.connecting import connect_broker
from billing_kernel.messaging.outbox import Outbox
from billing_kernel.settings import SettingsError

BATCH = 100


class Relay:
    """Publishes due rows; any number of relays may run.

    The rows stay until a worker finished them. What a broker loses is published again.
    """

    def __init__(self, outbox: Outbox, broker: Broker) -> None:
        self._outbox = outbox
        self._broker = broker

    def publish_batch(self) -> bool:
        """Publish some of what is due; True if there may be more."""
        return self._publish() == BATCH

    def publish_all(self) -> int:
        """Publish all that is due; how many messages. Raises what the client library raises."""
        published = 0
        while batch := self._publish():
            published += batch
        return published

    def _publish(self) -> int:
        rows = self._outbox.hand_over(f"relay:{uuid4().hex}", BATCH)
        published = 0
        try:
            for leased in rows:
                self._broker.enqueue(message_for(leased))
                published += 1
        finally:
            if unpublished := rows[published:]:
                self._outbox.release(unpublished, begun=False)
        return published


def relay_once(kernel: Kernel) -> int:
    """Hand what is due to the broker, once; how many messages. Raises SettingsError."""
    if not kernel.settings.broker_url:
        raise SettingsError("BILLING_BROKER_URL is empty: there is no broker to hand messages to")
    broker = connect_broker(kernel.settings.broker_url)
    outbox = Outbox(kernel.database, kernel.settings.lease_s, Crew(kernel).objection)
    try:
        return Relay(outbox, broker).publish_all()
    finally:
        broker.close()
