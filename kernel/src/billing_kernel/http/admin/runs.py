"""Runs: rounds of work over all services."""

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application.running import start_run
from billing_kernel.http.admin import rows
from billing_kernel.http.admin.schedule import get_schedule
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.runs import Run, StartRun

PATH, ONE = "/runs", "/runs/{run_id:int}"
TAGS = ["Administration: runs"]


@get(PATH, operation_id="adminListRuns", tags=TAGS, sync_to_thread=True)
def list_runs(kernel: GivenKernel, paging: GivenPaging) -> Page[Run]:
    """Every run, newest first."""
    return rows.listed(kernel, models.Run, paging, Run.of, newest_first=True)


@post(PATH, operation_id="adminStartRun", tags=TAGS, status_code=202, sync_to_thread=True)
def start(kernel: GivenKernel, once: GivenOnce, data: JSONBody[StartRun]) -> Response[Run]:
    """Start a nightly run; a worker carries it out. It does only what is still due."""
    return once.answer(
        lambda session: Run.of(start_run(session, kernel, as_of=data.as_of, is_dry=data.dry_run)),
        status=202,
    )


@get(ONE, operation_id="adminGetRun", tags=TAGS, sync_to_thread=True)
def get_run(kernel: GivenKernel, run_id: FromPath[int]) -> Run:
    """How far a run is."""
    return rows.shown(kernel, models.Run, run_id, Run.of)


HANDLERS = [list_runs, start, get_run, get_schedule]
