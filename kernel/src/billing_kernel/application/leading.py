"""One process among many does what needs doing once: whoever holds the lease leads.

Leading saves work, nothing more. What leaders do is harmless when two of them do it at once, as
they may for a moment after one was thought dead.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_kernel.database import Database
from billing_kernel.models import Leader, wall_clock

LONGEST = timedelta(days=1)
"""No lease is as long: one that seems to be was taken by a clock that went ahead."""


def lead(database: Database, name: str, owner: str, seconds: int) -> bool:
    """Whether ``owner`` leads for the next while: it did already, or nobody else does.

    A lease is renewed when a third of it is over, so that most calls only read.
    """
    with database.reading() as session:
        leader = session.scalar(select(Leader).where(Leader.name == name))
    left = leader.until - wall_clock() if leader else timedelta(0)
    if leader is not None and timedelta(0) < left <= LONGEST:
        if leader.owner != owner:
            return False
        if left > timedelta(seconds=seconds) * 2 // 3:
            return True
    return database.run(lambda session: _take(session, name, owner, seconds))


def resign(database: Database, name: str, owner: str) -> None:
    """Let somebody else lead at once."""
    mine = delete(Leader).where(Leader.name == name, Leader.owner == owner)
    database.run(lambda session: session.execute(mine))


def _take(session: Session, name: str, owner: str, seconds: int) -> bool:
    now = wall_clock()
    until = now + timedelta(seconds=seconds)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Leader)
        .values(name=name, owner=owner, until=until)
        .on_conflict_do_update(
            index_elements=[Leader.name],
            set_={"owner": owner, "until": until, "updated_at": now},
            where=(Leader.owner == owner) | (Leader.until <= now) | (Leader.until > now + LONGEST),
        )
    )
    return session.scalars(select(Leader.owner).where(Leader.name == name)).one() == owner
