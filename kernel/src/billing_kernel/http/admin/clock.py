"""The test clock, where the installation has one."""

from datetime import datetime
from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody
from msgspec import Meta

from billing_kernel.application.timekeeping import move_clock, require_test_clock
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.shapes.base import Answer, Body

PATH = "/clock"
TAGS = ["Administration: test clock"]


class MoveClock(Body):
    """``now`` is the instant to move on to."""

    EXAMPLE = {"now": "2027-01-31T09:00:00Z"}

    now: Annotated[datetime, Meta(tz=True)]


class Clock(Answer):
    """What the business clock says."""

    now: datetime


class MovedClock(Clock):
    """``run_id`` is the last nightly run on the way; null: no night had anything to do."""

    run_id: int | None


@get(PATH, operation_id="adminGetClock", tags=TAGS, sync_to_thread=True)
def get_clock(kernel: GivenKernel) -> Clock:
    """Where the test clock stands; 404 unless BILLING_TEST_CLOCK is set."""
    require_test_clock(kernel)
    return Clock(now=kernel.clock.now())


@put(PATH, operation_id="adminMoveClock", tags=TAGS, sync_to_thread=True)
def put_clock(kernel: GivenKernel, data: JSONBody[MoveClock]) -> MovedClock:
    """Move the test clock on. Everything that falls due on the way is done, in order, first."""
    require_test_clock(kernel)
    run_id = move_clock(kernel, data.now)
    return MovedClock(now=kernel.clock.now(), run_id=run_id)


HANDLERS = [get_clock, put_clock]
