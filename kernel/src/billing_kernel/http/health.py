"""Whether the process lives, and whether it can do its work."""

from datetime import datetime
from typing import Protocol

from litestar import Response, get
from litestar.datastructures import State

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.sweeping import backlog
from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.extensions import PluginStatus
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.shapes.base import Answer


class WorkerReport(Protocol):
    """What a worker of this process says of itself."""

    @property
    def alive(self) -> bool: ...

    @property
    def last_sweep_at(self) -> datetime | None: ...


class WorkerHere(Protocol):
    """The worker of this process."""

    def status(self) -> WorkerReport:
        """How it is; raises DatabaseUnavailableError."""


class Liveness(Answer):
    status: str


class DatabaseHealth(Answer):
    ok: bool
    kind: str


class WorkerHealth(Answer):
    """``place`` is "here" or "elsewhere"; of a worker elsewhere only the backlog is known."""

    ok: bool
    place: str
    last_sweep_at: datetime | None
    backlog: int | None


class PluginHealth(Answer):
    name: str
    version: str
    status: str
    reason: str | None


class Readiness(Answer):
    """``status`` is "ready" or "not_ready". A quarantined plugin alone doesn't make it that."""

    status: str
    database: DatabaseHealth
    worker: WorkerHealth
    plugins: list[PluginHealth]


@get("/health/live", operation_id="checkLiveness", tags=["Health"], sync_to_thread=False)
def check_liveness() -> Liveness:
    """The process answers."""
    return Liveness(status="live")


@get("/health/ready", operation_id="checkReadiness", tags=["Health"], sync_to_thread=True)
def check_readiness(kernel: GivenKernel, state: State) -> Response[Readiness]:
    """The database can be reached and the worker of this process works; 503 otherwise."""
    waiting = _waiting(kernel)
    worker = _worker(state.worker, waiting)
    is_ready = waiting is not None and worker.ok
    readiness = Readiness(
        status="ready" if is_ready else "not_ready",
        database=DatabaseHealth(
            ok=waiting is not None, kind="sqlite" if kernel.database.is_sqlite else "postgresql"
        ),
        worker=worker,
        plugins=[
            PluginHealth(
                name=plugin.name,
                version=plugin.version,
                status=plugin.status,
                reason=plugin.reason if plugin.status is PluginStatus.QUARANTINED else None,
            )
            for plugin in kernel.extensions.plugins
        ],
    )
    return Response(readiness, status_code=200 if is_ready else 503)


def _waiting(kernel: Kernel) -> int | None:
    """How many messages wait for a worker; None while the database is away."""
    try:
        with kernel.database.reading() as session:
            return backlog(session)
    except DatabaseUnavailableError:
        return None


def _worker(here: WorkerHere | None, waiting: int | None) -> WorkerHealth:
    if here is None:
        return WorkerHealth(ok=True, place="elsewhere", last_sweep_at=None, backlog=waiting)
    try:
        report = here.status()
    except DatabaseUnavailableError:
        return WorkerHealth(ok=False, place="here", last_sweep_at=None, backlog=None)
    return WorkerHealth(
        ok=report.alive, place="here", last_sweep_at=report.last_sweep_at, backlog=waiting
    )
