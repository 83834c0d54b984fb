"""The rows of the outbox as work: claimed with a lease, settled only by who holds them.

A row stays until its work is done, whichever way its worker heard of it. That makes a broker
something that may lose, repeat or delay whatever it likes.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from billing_kernel.database import Database
from billing_kernel.models import OutboxMessage, wall_clock
from billing_kernel.models.outbox import Queue

ATTEMPTS_MAX = 10
PAUSE_S = 5
PAUSE_MAX_S = 3600
PATIENCE_MAX = timedelta(hours=1)

Objection = Callable[[str, dict[str, Any]], str]
"""Why an actor's name and arguments can't be worked on; empty when they can."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A row in somebody's hands. ``owner`` is new with each claim, so it fences the row."""

    outbox_id: int
    actor: str
    arguments: dict[str, Any]
    owner: str
    attempt: int
    queue: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows whose time has come and whose work isn't done, since when, and rows put aside."""

    due: int
    oldest_due_at: datetime | None
    died: int


class Outbox:
    """The outbox of one database, for workers and relays."""

    def __init__(self, database: Database, lease_s: int, objection: Objection) -> None:
        self._database = database
        self._lease = timedelta(seconds=lease_s)
        self._objection = objection

    def claim(
        self,
        owner: str,
        limit: int,
        held: Collection[int] = (),
        *,
        documents_max: int | None = None,
    ) -> list[Leased]:
        """Lease due rows to a worker that begins with them at once.

        ``held`` are rows that it is still at, whatever became of their lease. No more than
        ``documents_max`` are of documents, and none while anything else waits.
        """
        most = limit if documents_max is None else documents_max

        def lease(session: Session) -> list[Leased]:
            now = _database_now(session)
            rows = self._workable(_lock_due(session, now, limit, held, most), now)
            return [_leased(row, owner, now + self._lease, begun=True) for row in rows]

        return self._database.run(lease) if self._any_due(most) else []

    def hand_over(self, token: str, limit: int) -> list[Leased]:
        """Lease due rows to whoever brings ``token`` back out of a broker.

        A row that nobody asks for is due again after as long as it had waited before: a broker
        that lost it costs time, and a broker with a long queue isn't flooded.
        """

        def entrust(session: Session) -> list[Leased]:
            now = _database_now(session)
            rows = self._workable(_lock_due(session, now, limit, (), limit), now)
            return [
                _leased(row, token, now + self._patience(row, now), begun=False) for row in rows
            ]

        return self._database.run(entrust) if self._any_due() else []

    def take(self, outbox_id: int, token: str, owner: str) -> Leased | None:
        """Exchange the token of a row for a worker's lease; None if the token is void."""

        def exchange(session: Session) -> Leased | None:
            row = _lock_held(session, outbox_id, token)
            if row is None:
                return None
            return _leased(row, owner, _database_now(session) + self._lease, begun=True)

        return self._database.run(exchange)

    def renew(self, rows: Collection[Leased]) -> set[int]:
        """Prolong leases; the ids of the rows that are still held."""

        def prolong(session: Session) -> set[int]:
            kept = session.scalars(
                update(OutboxMessage)
                .where(_held(rows))
                .values(lease_until=_database_now(session) + self._lease)
                .returning(OutboxMessage.id)
                .execution_options(synchronize_session=False)
            )
            return set(kept)

        return self._database.run(prolong)

    def finish(self, leased: Leased) -> bool:
        """Delete a row whose work is done; False if it is in other hands by now."""
        remove = delete(OutboxMessage).where(_held([leased])).returning(OutboxMessage.id)
        return self._database.run(lambda session: session.scalar(remove) is not None)

    def put_back(self, leased: Leased, failure: str) -> bool:
        """Let a row be tried again after a growing pause; False if it is in other hands by now.

        The last attempt puts it aside instead, for a person to look at.
        """
        pause = timedelta(seconds=min(PAUSE_S * 2 ** (leased.attempt - 1), PAUSE_MAX_S))

        def give_back(session: Session) -> bool:
            row = _lock_held(session, leased.outbox_id, leased.owner)
            if row is None:
                return False
            now = _database_now(session)
            row.lease_owner, row.lease_until, row.due_at = "", None, now + pause
            row.failure = failure[:500]
            row.died_at = now if row.attempts >= ATTEMPTS_MAX else None
            return True

        return self._database.run(give_back)

    def release(self, rows: Collection[Leased], *, begun: bool) -> None:
        """Give back rows that nothing was done with; ``begun`` as when they were leased."""
        give_back = (
            update(OutboxMessage)
            .where(_held(rows))
            .values(lease_owner="", lease_until=None, attempts=OutboxMessage.attempts - int(begun))
            .execution_options(synchronize_session=False)
        )
        self._database.run(lambda session: session.execute(give_back))

    def backlog(self) -> Backlog:
        with self._database.reading() as session:
            due, oldest = session.execute(
                select(func.count(OutboxMessage.id), func.min(OutboxMessage.due_at)).where(
                    OutboxMessage.died_at.is_(None),
                    OutboxMessage.due_at <= _database_now(session),
                )
            ).one()
            died = select(func.count(OutboxMessage.id)).where(OutboxMessage.died_at.is_not(None))
            return Backlog(due, oldest, session.scalar(died) or 0)

    def _any_due(self, documents_max: int = 1) -> bool:
        # An idle worker that only looks takes no lock from those who write.
        with self._database.reading() as session:
            due = select(OutboxMessage.id).where(*_due(_database_now(session))).limit(1)
            if documents_max <= 0:
                due = due.where(OutboxMessage.queue == Queue.DEFAULT)
            return session.scalar(due) is not None

    def _workable(self, rows: Sequence[OutboxMessage], now: datetime) -> list[OutboxMessage]:
        """The rows that can be worked on; the others are put aside, so the queue moves on."""
        for row in rows:
            if objection := self._objection(row.actor, row.arguments):
                row.died_at, row.failure = now, objection[:500]
            elif row.attempts >= ATTEMPTS_MAX:
                row.died_at = now
                row.failure = row.failure or f"{row.attempts} workers died over it"
        return [row for row in rows if row.died_at is None]

    def _patience(self, row: OutboxMessage, now: datetime) -> timedelta:
        return min(max(now - row.due_at, self._lease), PATIENCE_MAX)


def _database_now(session: Session) -> datetime:
    """The database server's time: workers on several machines needn't agree on theirs."""
    if session.get_bind().dialect.name == "sqlite":
        return wall_clock()
    now: datetime = session.scalars(select(func.now())).one()
    return now


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxMessage.died_at.is_(None),
        OutboxMessage.due_at <= now,
        or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until <= now),
    )


def _lock_due(
    session: Session, now: datetime, limit: int, held: Collection[int], documents_max: int
) -> Sequence[OutboxMessage]:
    rows: list[OutboxMessage] = []
    for queue, most in ((Queue.DEFAULT, limit), (Queue.DOCUMENTS, documents_max)):
        if (left := min(most, limit - len(rows))) > 0:
            rows += session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.queue == queue, *_due(now), OutboxMessage.id.not_in(held))
                .order_by(OutboxMessage.due_at, OutboxMessage.id)
                .limit(left)
                .with_for_update(skip_locked=True)
            )
    return rows


def _lock_held(session: Session, outbox_id: int, owner: str) -> OutboxMessage | None:
    return session.scalar(
        select(OutboxMessage)
        .where(
            OutboxMessage.id == outbox_id,
            OutboxMessage.lease_owner == owner,
            OutboxMessage.died_at.is_(None),
        )
        .with_for_update()
    )


def _held(rows: Collection[Leased]) -> ColumnElement[bool]:
    return OutboxMessage.id.in_([row.outbox_id for row in rows]) & OutboxMessage.lease_owner.in_(
        {row.owner for row in rows}
    )


def _leased(row: OutboxMessage, owner: str, until: datetime, *, begun: bool) -> Leased:
    row.lease_owner, row.lease_until = owner, until
    row.attempts += int(begun)
    return Leased(row.id, row.actor, dict(row.arguments), owner, row.attempts, row.queue)
