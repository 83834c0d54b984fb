"""Tell plugins what happened, each apart from the others."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from billing_hookspecs import Event as News
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.extensions import PluginFaultError, UnknownPluginError
from billing_kernel.models import Event, EventDelivery, wall_clock

DELIVERIES_MAX = 10
PAUSE_S = 5

log = structlog.get_logger(__name__)


def deliver_event(kernel: Kernel, delivery_id: int) -> None:
    """Deliver one event to one plugin; a failure is tried again with growing pauses."""
    with kernel.database.reading() as session:
        delivery = session.get(EventDelivery, delivery_id)
        if delivery is None or delivery.delivered_at or delivery.attempts >= DELIVERIES_MAX:
            return
        event = session.get_one(Event, delivery.event_id)
        news = News(event.id, event.name, event.occurred_at, event.facts)
        plugin = delivery.plugin
    failure = ""
    try:
        kernel.extensions.tell(plugin, news)
    except PluginFaultError as error:
        failure = f"{error}: {error.detail}"[:500]
    except UnknownPluginError as error:
        failure = str(error)[:500]
    if failure:
        log.warning("event.delivery_failed", plugin=plugin, event_id=news.id, failure=failure)
    kernel.database.run(lambda session: _record(session, delivery_id, failure))


def _record(session: Session, delivery_id: int, failure: str) -> None:
    delivery = session.get_one(EventDelivery, delivery_id, with_for_update=True)
    delivery.attempts += 1
    delivery.failure = failure
    if not failure:
        delivery.delivered_at = wall_clock()
    elif delivery.attempts < DELIVERIES_MAX:
        pause = timedelta(seconds=PAUSE_S * 2 ** (delivery.attempts - 1))
        enqueue(session, "deliver_event", {"delivery_id": delivery_id}, delay=pause)
