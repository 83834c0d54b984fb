"""Connect to Redis or RabbitMQ, where the installation names one."""

from dramatiq import Broker

from billing_hookspecs import Secret
from billing_kernel.settings import SettingsError

CONNECT_S = 5
ANSWER_S = 30


def connect_broker(url: Secret) -> Broker:
    """A dramatiq broker for a ``redis://`` or ``amqp://`` URL; connects at first use.

    Raises SettingsError, naming what to install, when the client library isn't there.
    """
    if url.startswith("redis"):
        return _redis(url)
    return _rabbitmq(url)


def _redis(url: Secret) -> Broker:
    try:
        from dramatiq.brokers.redis import RedisBroker
        from redis import Redis
    except ImportError:
        raise _missing("Redis", "redis") from None
    client = Redis.from_url(url, socket_connect_timeout=CONNECT_S, socket_timeout=ANSWER_S)
    return RedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]


def _rabbitmq(url: Secret) -> Broker:
    try:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker
    except ImportError:
        raise _missing("RabbitMQ", "rabbitmq") from None
    # A server that is short of memory stops reading; waiting for it has to end.
    bound = f"{'&' if '?' in url else '?'}blocked_connection_timeout={ANSWER_S}"
    return RabbitmqBroker(url=url + bound, confirm_delivery=True, middleware=[])


def _missing(name: str, extra: str) -> SettingsError:
    return SettingsError(
        f"BILLING_BROKER_URL names {name}, whose client isn't installed: "
        f"pip install billing-kernel[{extra}]"
    )
