"""Keep an operation's lease while its call runs, so that nobody else takes it over."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.models import Operation, wall_clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds an operation, and for how many seconds at a time."""

    operation_id: int
    owner: str
    seconds: int

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.seconds)


@contextmanager
def keep_lease(kernel: Kernel, lease: Lease) -> Iterator[None]:
    """Renew the lease from another thread until the block ends.

    A process that dies stops renewing, and the operation is free again within the lease.
    """
    ended = threading.Event()
    thread = threading.Thread(
        target=_renew, args=(kernel, lease, ended), name=f"lease-{lease.operation_id}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(kernel: Kernel, lease: Lease, ended: threading.Event) -> None:
    def renew(session: Session) -> None:
        session.execute(
            update(Operation)
            .where(Operation.id == lease.operation_id, Operation.lease_owner == lease.owner)
            .values(lease_until=wall_clock() + lease.length)
            .execution_options(synchronize_session=False)
        )

    while not ended.wait(lease.seconds / 3):
        try:
            kernel.database.run(renew)
        except DatabaseUnavailableError:
            # The lease may run out; whoever takes over looks the operation up first.
            log.warning("operation.lease_not_renewed", operation_id=lease.operation_id)
