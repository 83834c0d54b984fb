"""The sweeper looks for lost messages every few seconds, however long the outbox is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, select

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.sweeping import sweep
from billing_kernel.models import Event, EventDelivery, OutboxMessage, wall_clock

LONG = 1500


def undelivered(kernel: Kernel, count: int) -> list[int]:
    """The ids of news that should have been delivered long ago."""

    def write(session: Any) -> list[int]:
        told = Event(name="InvoicePaid", occurred_at=wall_clock(), facts={})
        session.add(told)
        session.flush()
        old = wall_clock() - timedelta(hours=1)
        rows = [
            EventDelivery(event_id=told.id, plugin=f"plugin {number}", created_at=old)
            for number in range(count)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]

    return kernel.database.run(write)


@contextmanager
def reading(kernel: Kernel) -> Iterator[list[int]]:
    """How many rows of the outbox each statement meanwhile read."""
    rows: list[int] = []

    def count(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM outbox" in statement:
            rows.append(len(connection.connection.execute(statement, parameters).fetchall()))

    event.listen(kernel.database.engine, "after_cursor_execute", count)
    yield rows
    event.remove(kernel.database.engine, "after_cursor_execute", count)


def test_only_what_it_found_is_looked_up_among_many_messages(kernel: Kernel) -> None:
    """A long outbox is when the sweeper is needed most: reading all of it would never end."""
    waiting, lost, other = undelivered(kernel, 3)

    def leave(session: Any) -> None:
        enqueue(session, "deliver_event", {"delivery_id": waiting})
        enqueue(session, "run_operation", {"operation_id": lost})
        for number in range(LONG):
            enqueue(session, "render_document", {"invoice_id": number})
            enqueue(session, "deliver_event", {"delivery_id": 10**12 + number})

    kernel.database.run(leave)
    with reading(kernel) as rows:
        assert sweep(kernel) == 2
    assert rows == [1]
    with kernel.database.reading() as session:
        newest = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(2))
        assert [(row.actor, row.arguments) for row in newest] == [
            ("deliver_event", {"delivery_id": each}) for each in (other, lost)
        ]
    assert sweep(kernel) == 0


def test_a_message_that_was_put_aside_waits_for_nothing(kernel: Kernel) -> None:
    """Nobody works on it any more, so it must not keep the next try away."""
    (delivery_id,) = undelivered(kernel, 1)

    def leave(session: Any) -> None:
        died = wall_clock()
        session.add(
            OutboxMessage(
                actor="deliver_event",
                arguments={"delivery_id": delivery_id},
                due_at=died,
                died_at=died,
            )
        )

    kernel.database.run(leave)
    assert (sweep(kernel), sweep(kernel)) == (1, 0)
