"""When clients are reminded: of what expires, what they have to tell, what doesn't last."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from billing_kernel.domain.periods import days_after, days_between

MONTHS_LEAST: Final[Mapping[int, int]] = {30: 6, 14: 2, 7: 1, 3: 1, 1: 1}
"""The stages, in days before expiry, and how many months a period must have to have each: nobody
is reminded of a service of a month when it has just begun."""

STAGES: Final = tuple(MONTHS_LEAST)
DEFAULT_STAGES: Final = (14, 7, 3, 1)

DELETION: Final = "deletion"
DELETION_DAYS: Final = 3
"""How many days before its deletion an expired service's client is told of it."""

WAITING_STAGES: Final = (3, 10, 30)
"""How many days after its payment the client of a quick order is asked to configure it."""

BALANCE_DAYS_MOST: Final = 7
"""A balance that covers more days than that is nobody's concern."""


@dataclass(frozen=True, slots=True)
class Window:
    """The expiry dates, both included, of services that are at a stage today."""

    stage: int
    first_on: date
    last_on: date
    months_least: int


def windows_on(today: date) -> Iterator[Window]:
    """Every stage with the expiry dates that it is about today; a date is in one of them."""
    for stage, until in zip(STAGES, (*STAGES[1:], 0), strict=True):
        yield Window(
            stage, days_after(today, until + 1), days_after(today, stage), MONTHS_LEAST[stage]
        )


def stage_on(expires_on: date, today: date, months: int) -> int | None:
    """The stage that a service of a period of ``months`` is at; None: not yet, or not any more.

    The last one that was reached: those that a late run missed are left out.
    """
    left = days_between(today, expires_on)
    reached = min((stage for stage in STAGES if 0 < left <= stage), default=None)
    return reached if reached is not None and months >= MONTHS_LEAST[reached] else None


def is_reminded_at(stage: int, months: int, wanted: Collection[int], done: Collection[int]) -> bool:
    """Whether a client is to be reminded at a stage, by the stages that a provider wants.

    ``done`` are the stages that were decided on before. One that is wanted and that no run came
    to in its time is made up for at this one.
    """
    last_done = min(done, default=max(STAGES) + 1)
    return any(stage <= each < last_done and months >= MONTHS_LEAST[each] for each in wanted)


def announces_deletion(deleted_on: date, today: date) -> bool:
    """Whether a deletion is near enough to be told of, and not yet there."""
    return 0 < days_between(today, deleted_on) <= DELETION_DAYS


def waiting_stage(days: int) -> int | None:
    """The last stage that a quick order has reached which waits for so many days."""
    return max((stage for stage in WAITING_STAGES if stage <= days), default=None)


def days_covered(spendable_minor: int, per_day_minor: int) -> int | None:
    """How many more days of a cost a balance covers; None: more than anybody is told of."""
    counted = range(BALANCE_DAYS_MOST + 1)
    return next((days for days in counted if spendable_minor < per_day_minor * (days + 1)), None)


def balance_stage(days: int, wanted: Collection[int]) -> int | None:
    """The stage of a balance that covers so many more days, among those of ``wanted``."""
    stages = (stage for stage in wanted if days <= stage <= BALANCE_DAYS_MOST)
    return min(stages, default=None)
