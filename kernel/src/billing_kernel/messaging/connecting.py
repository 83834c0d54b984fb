"""Connect to Redis or RabbitMQ, where the installation names one."""

from collections.abc import Iterable
from typing import Any

import structlog
from dramatiq import Broker, Consumer, MessageProxy
from dramatiq.errors import BrokerConnectionError

from billing_hookspecs import Secret
from billing_kernel.settings import SettingsError

CONNECT_S = 5
ANSWER_S = 30

log = structlog.get_logger(__name__)


def connect_broker(url: Secret) -> Broker:
    """A dramatiq broker for a ``redis://`` or ``amqp://`` URL; connects at first use.

    Installations don't share a Redis database or a RabbitMQ virtual host: each would let the
    other's messages go as stale. Raises SettingsError, naming what to install, when the client
    library isn't there.
    """
    if url.startswith("redis"):
        return _redis(url)
    return _rabbitmq(url)


class LenientAcknowledgement:
    """Mixin of brokers: a message that can't be acknowledged is let go.

    Its row in the outbox is settled already, so the copy that comes back is stale. Waiting for
    the broker instead would keep a thread busy and hold up a stop.
    """

    def consume(self, *args: Any, **options: Any) -> Consumer:
        consumer: Consumer = super().consume(*args, **options)  # type: ignore[misc]
        return LenientConsumer(consumer)


class LenientConsumer(Consumer):
    """A consumer whose broker may go away while a message is worked on."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def __next__(self) -> MessageProxy | None:
        return next(self._consumer)

    def ack(self, message: MessageProxy) -> None:
        try:
            self._consumer.ack(message)
        except BrokerConnectionError:
            log.warning("broker.not_acknowledged", actor=message.actor_name)

    def nack(self, message: MessageProxy) -> None:
        try:
            self._consumer.nack(message)
        except BrokerConnectionError:
            log.warning("broker.not_rejected", actor=message.actor_name)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._consumer.requeue(messages)

    def close(self) -> None:
        self._consumer.close()


def _redis(url: Secret) -> Broker:
    try:
        from dramatiq.brokers.redis import RedisBroker
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise _missing("Redis", "redis") from None

    class LenientRedisBroker(LenientAcknowledgement, RedisBroker):
        pass

    client = Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        # Consumers and the relay try again by themselves, and stop when they are told to.
        retry=Retry(NoBackoff(), 1),
    )
    return LenientRedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]


def _rabbitmq(url: Secret) -> Broker:
    try:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker
    except ImportError:
        raise _missing("RabbitMQ", "rabbitmq") from None

    class LenientRabbitmqBroker(LenientAcknowledgement, RabbitmqBroker):
        pass

    # A server that is short of memory stops reading; waiting for it has to end.
    bound = f"{'&' if '?' in url else '?'}blocked_connection_timeout={ANSWER_S}"
    return LenientRabbitmqBroker(url=url + bound, confirm_delivery=True, middleware=[])


def _missing(name: str, extra: str) -> SettingsError:
    return SettingsError(
        f"BILLING_BROKER_URL names {name}, whose client isn't installed: "
        f"pip install billing-kernel[{extra}]"
    )
