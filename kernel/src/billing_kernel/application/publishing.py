"""Leave work and news in the outbox, in the transaction of what they follow from."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import EVENT_NAMES
from billing_kernel.application.kernel import Kernel
from billing_kernel.bulk import bulk_write, draw_ids
from billing_kernel.domain.messages import is_told
from billing_kernel.models import Event, EventDelivery, OutboxMessage, wall_clock
from billing_kernel.models.outbox import Queue


def enqueue(
    session: Session,
    actor: str,
    arguments: Mapping[str, int],
    *,
    delay: timedelta | None = None,
    queue: Queue = Queue.DEFAULT,
) -> None:
    """Ask a worker to look at the objects with these ids, now or after ``delay``."""
    due_at = wall_clock() + delay if delay else wall_clock()
    session.add(OutboxMessage(**message_values(actor, arguments, due_at, queue)))
    session.info["left_work"] = True


def enqueue_at(
    session: Session, actor: str, arguments: Mapping[str, int], due_at: datetime
) -> None:
    """As ``enqueue``, at an instant."""
    session.add(OutboxMessage(**message_values(actor, arguments, due_at)))
    session.info["left_work"] = True


def message_values(
    actor: str, arguments: Mapping[str, int], due_at: datetime, queue: Queue = Queue.DEFAULT
) -> dict[str, Any]:
    """What a message says."""
    return {"actor": actor, "arguments": dict(arguments), "due_at": due_at, "queue": queue}


def record_event(
    session: Session,
    kernel: Kernel,
    name: str,
    facts: Mapping[str, Any],
    client_id: int | None = None,
) -> None:
    """Record what happened: a delivery of its own for each listening plugin, and messages."""
    event = Event(**event_values(kernel, name, facts, client_id))
    session.add(event)
    listeners, told = kernel.extensions.event_listeners(), is_told(name)
    if not listeners and not told:
        return
    session.flush()
    if told:
        enqueue(session, "notify", {"event_id": event.id})
    for plugin in listeners:
        delivery = EventDelivery(event_id=event.id, plugin=plugin)
        session.add(delivery)
        session.flush()
        enqueue(session, "deliver_event", {"delivery_id": delivery.id})


def send_many(session: Session, messages: Sequence[Mapping[str, Any]]) -> None:
    """As ``enqueue``, for messages of ``message_values``."""
    bulk_write(session, OutboxMessage, messages)
    session.info["left_work"] = True


def record_many(session: Session, kernel: Kernel, events: Sequence[Mapping[str, Any]]) -> None:
    """As ``record_event``, for events of ``event_values``."""
    listeners = kernel.extensions.event_listeners()
    if not listeners and not any(is_told(event["name"]) for event in events):
        bulk_write(session, Event, events)
        return
    event_ids = draw_ids(session, Event, len(events))
    known = [{"id": each, **event} for each, event in zip(event_ids, events, strict=True)]
    bulk_write(session, Event, known)
    now = wall_clock()
    send_many(
        session,
        [
            message_values("notify", {"event_id": event["id"]}, now)
            for event in known
            if is_told(event["name"])
        ],
    )
    told = [(event_id, plugin) for event_id in event_ids for plugin in listeners]
    delivery_ids = draw_ids(session, EventDelivery, len(told)) if told else []
    bulk_write(
        session,
        EventDelivery,
        [
            {"id": delivery_id, "event_id": event_id, "plugin": plugin}
            for delivery_id, (event_id, plugin) in zip(delivery_ids, told, strict=True)
        ],
    )
    send_many(
        session,
        [
            message_values("deliver_event", {"delivery_id": delivery_id}, now)
            for delivery_id in delivery_ids
        ],
    )


def event_values(
    kernel: Kernel, name: str, facts: Mapping[str, Any], client_id: int | None
) -> dict[str, Any]:
    """What is recorded of an event."""
    if name not in EVENT_NAMES:
        raise KeyError(f"{name} is not an event of the contract")
    return {
        "name": name,
        "occurred_at": kernel.clock.now(),
        "facts": dict(facts),
        "client_id": client_id,
    }
