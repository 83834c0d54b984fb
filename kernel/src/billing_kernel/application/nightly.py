"""What a nightly run does, step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from billing_kernel.application.catching_up import charge_due, due_for_charging
from billing_kernel.application.collecting import (
    collect_due,
    due_for_collection,
    due_for_renewal,
    renew_due,
)
from billing_kernel.application.deleting import delete_asked_for, due_for_asked_deletion
from billing_kernel.application.expiring import (
    delete_expired,
    due_for_deletion,
    due_for_removal,
    due_for_stopping,
    due_for_suspension,
    is_time_over,
    suspend_expired,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due
from billing_kernel.application.paging.renewing import renew_next
from billing_kernel.application.paging.sifting import one_by_one, sifting
from billing_kernel.application.paging.turning import Page, together
from billing_kernel.application.parking import due_for_parking, park_excessive
from billing_kernel.application.prompting import (
    ask_for_parameters,
    due_for_low_balance,
    due_for_parameters,
    warn_of_low_balance,
)
from billing_kernel.application.reminding import (
    announce_deletion,
    announces,
    due_for_announcement,
    due_for_early_reminder,
    due_for_reminder,
    remind,
    remind_next,
)
from billing_kernel.application.starting import nothing_under_way
from billing_kernel.models import Service

Conditions: TypeAlias = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work on services that fall due.

    ``name``  its place in the run's counts.
    ``due``   which services may have to do with it on a business date; too many do no harm.
    ``do``    decides under the service's lock and does it, in one transaction a service;
              whether anything was to be done. Harmless to repeat.
    ``on``    the date that services are read in the order of.
    ``page``  does many of them together, and says which it leaves to ``do``.
    ``waits`` that services which an operation is under way for aren't looked at.
    """

    name: str
    due: Callable[[date], Conditions]
    do: Callable[[Session, Kernel, int, date], bool]
    on: Any = Service.expires_on
    page: Page = one_by_one
    waits: bool = True

    def due_at(self, provider_id: int, today: date) -> Due:
        """What the step may have to do with at a provider."""
        idle = (nothing_under_way(),) if self.waits else ()
        return Due(provider_id, today, (*self.due(today), *idle), self.on)


STEPS: Final[tuple[Step, ...]] = (
    Step("parked", due_for_parking, park_excessive, Service.started_on, waits=False),
    Step("charged", due_for_charging, charge_due, Service.charged_until, waits=False),
    Step("renewed", due_for_renewal, renew_due, page=together(renew_next)),
    Step("collected", due_for_collection, collect_due),
    Step("suspended", due_for_suspension, suspend_expired),
    Step("daily_suspended", due_for_stopping, suspend_expired, Service.charged_until),
    Step("deleted", due_for_deletion, delete_expired, page=sifting(is_time_over)),
    Step("asked_deletion", due_for_asked_deletion, delete_asked_for, Service.deletes_on),
    Step(
        "daily_deleted",
        due_for_removal,
        delete_expired,
        Service.charged_until,
        page=sifting(is_time_over),
    ),
    Step("reminded", due_for_reminder, remind, page=together(remind_next)),
    Step("reminded_early", due_for_early_reminder, remind, page=together(remind_next)),
    Step("announced", due_for_announcement, announce_deletion, page=sifting(announces)),
    Step("asked_parameters", due_for_parameters, ask_for_parameters, Service.created_at),
    Step(
        "warned_of_balance",
        due_for_low_balance,
        warn_of_low_balance,
        Service.charged_until,
        waits=False,
    ),
)
"""In this order: too much isn't begun, and whoever can pay is renewed before anybody is stopped."""
