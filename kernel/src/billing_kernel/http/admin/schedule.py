"""What happens by the clock."""

from collections.abc import Mapping
from datetime import datetime

from litestar import get

from billing_kernel.application.scheduling import outlook
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.shapes.base import Answer


class Leader(Answer):
    """The process that looks after the schedule, and how long it is trusted without a sign."""

    process: str
    until: datetime


class Schedule(Answer):
    """When each job was last begun (null: not yet) and when all of them are next.

    Without a leader nothing begins: no worker runs.
    """

    leader: Leader | None
    last_begun_at: Mapping[str, datetime | None]
    next_at: datetime | None


@get(
    "/schedule",
    operation_id="adminGetSchedule",
    tags=["Administration: runs"],
    sync_to_thread=True,
)
def get_schedule(kernel: GivenKernel) -> Schedule:
    """The jobs that begin by themselves, and which process looks after them."""
    with kernel.database.reading() as session:
        now = outlook(session, kernel)
    leads = None
    if now.leader is not None and now.leads_until is not None:
        leads = Leader(process=now.leader, until=now.leads_until)
    return Schedule(leader=leads, last_begun_at=now.begun_at, next_at=now.next_at)
