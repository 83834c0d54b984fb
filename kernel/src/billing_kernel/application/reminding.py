"""Remind clients of services that expire, and of expired ones that are deleted soon.

Each stage is decided on once; the messages follow from the events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError
from billing_kernel.application.composing import renewal_price
from billing_kernel.application.expiring import deletion_day
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging.claiming import Due, Place, Spot, spots_from
from billing_kernel.application.paging.surveying import Survey, survey
from billing_kernel.application.paging.turning import PageDone
from billing_kernel.application.parking import unparked
from billing_kernel.application.publishing import event_values, record_event, record_many
from billing_kernel.application.recalling import Answers
from billing_kernel.application.renewing import RENEWABLE, present
from billing_kernel.application.starting import open_operation_of
from billing_kernel.bulk import among, as_indexed, has_none
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.periods import days_between
from billing_kernel.domain.reminders import (
    DEFAULT_STAGES,
    DELETION,
    STAGES,
    Window,
    announces_deletion,
    is_reminded_at,
    stage_on,
    windows_on,
)
from billing_kernel.models import Client, Reminder, Service
from billing_kernel.models.services import LASTING

Conditions = tuple[ColumnElement[bool], ...]


def due_for_reminder(today: date) -> Conditions:
    """The services that are at a stage today which wasn't decided on yet."""
    return _at_a_stage(window for window in windows_on(today) if window.months_least == 1)


def due_for_early_reminder(today: date) -> Conditions:
    """As ``due_for_reminder``, for the stages that only long periods have.

    They have an index of their own: services of a month are too many to look at for them.
    """
    early = _at_a_stage(window for window in windows_on(today) if window.months_least > 1)
    return (as_indexed(LASTING), *early)


def due_for_announcement(today: date) -> Conditions:
    """The expired services whose deletion nobody was told of."""
    return (
        present(),
        Service.expires_on <= today,
        Service.deletes_on.is_(None),
        _is_undecided(DELETION),
        unparked(),
    )


def remind(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Remind a service's client of its expiry; False where the stage needs no reminder.

    None is needed where the renewal will pay for itself: from the balance, as it is now, or by a
    stored method. Either way the stage is decided on. Nothing is locked: of two who decide at
    once the second one waits for the first one, and leaves it at that.
    """
    service = find(session, Service, service_id)
    spot = Spot(today, service.id, service.client_id)
    stages = _stages(session, kernel, service.provider_id, [spot], today)
    decision = stages.decide(service)
    return decision is not None and _decide(session, kernel, [decision], today) > 0


def remind_next(
    session: Session, kernel: Kernel, due: Due, place: Place, *, is_dry: bool = False
) -> PageDone:
    """As ``remind``, for the next services together."""
    spots, after = spots_from(session, due, place)
    stages = _stages(session, kernel, due.provider_id, spots, due.today)
    decisions, rest = [], []
    for service in stages.page.services:
        try:
            decision = stages.decide(service)
        except BillingError:
            # Done by itself, it is counted and logged.
            rest.append(service.id)
        else:
            decisions += [decision] if decision else []
    if is_dry:
        given = sum(decision.is_given for decision in decisions)
    else:
        given = _decide(session, kernel, decisions, due.today)
    return PageDone(after, len(spots), rest, given)


def announces(service: Service, due: Due, answers: Answers) -> bool:
    """Whether an expired service is deleted so soon that its client is to be told."""
    if service.expires_on is None:
        return False
    day = deletion_day(service, service.expires_on, answers)
    return day is not None and announces_deletion(day, due.today)


def announce_deletion(session: Session, kernel: Kernel, service_id: int, today: date) -> bool:
    """Tell a client that an expired service is deleted soon; False where it isn't."""
    service = _locked(session, service_id)
    if service is None or service.expires_on is None or service.expires_on > today:
        return False
    day = deletion_day(service, service.expires_on, Answers(session, kernel))
    if day is None or not announces_deletion(day, today):
        return False
    if open_operation_of(session, service.id):
        return False
    decision = _Decision(service, service.expires_on, DELETION, is_given=True)
    if not _write(session, [decision]):
        return False
    facts = {
        "service_id": service.id,
        "expires_on": service.expires_on.isoformat(),
        "deleted_on": day.isoformat(),
    }
    record_event(session, kernel, "ServiceDeletionDue", facts, service.client_id)
    return True


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is decided of a stage of a service's time."""

    service: Service
    expires_on: date
    stage: str
    is_given: bool

    def event(self, kernel: Kernel, today: date) -> dict[str, Any]:
        facts = {
            "service_id": self.service.id,
            "expires_on": self.expires_on.isoformat(),
            "days_left": days_between(today, self.expires_on),
        }
        return event_values(kernel, "ServiceExpiring", facts, self.service.client_id)


@dataclass(frozen=True, slots=True)
class _Stages:
    """A page of services, with the stages that were decided on for them."""

    page: Survey
    done: dict[int, set[int]]
    answers: Answers
    today: date

    def decide(self, service: Service) -> _Decision | None:
        """None where nothing is to be decided on. Raises what plugins that set prices do."""
        expires_on = service.expires_on
        if expires_on is None or service.status not in RENEWABLE or service.deletes_on is not None:
            return None
        if self.page.clients[service.client_id].parked_at is not None:
            return None
        stage = stage_on(expires_on, self.today, service.period_months)
        done = self.done[service.id]
        if stage is None or stage in done:
            return None
        wanted = self.page.provider.reminder_days
        is_due = is_reminded_at(
            stage, service.period_months, DEFAULT_STAGES if wanted is None else wanted, done
        )
        is_given = is_due and not self._pays_for_itself(service)
        return _Decision(service, expires_on, str(stage), is_given)

    def _pays_for_itself(self, service: Service) -> bool:
        if not service.auto_renewal:
            return False
        if service.renewal_method_id is not None:
            return True
        price = renewal_price(self.answers.session, self.answers.kernel, service, self.answers)
        if price is None:
            return False
        balance = Owner(service.provider_id, service.client_id).balance(price.currency)
        account = self.page.accounts.get(balance)
        return price.amount_minor <= (account.spendable_minor if account else 0)


def _stages(
    session: Session, kernel: Kernel, provider_id: int, spots: Sequence[Spot], today: date
) -> _Stages:
    page = survey(session, provider_id, spots, lock=False)
    done: dict[int, set[int]] = {service.id: set() for service in page.services}
    found = (
        select(Reminder.service_id, Reminder.stage)
        .join(Service, Service.id == Reminder.service_id)
        .where(
            among(session, Reminder.service_id, list(done)),
            Reminder.expires_on == Service.expires_on,
            Reminder.stage.in_([str(stage) for stage in STAGES]),
        )
    )
    for service_id, stage in session.execute(found):
        done[service_id].add(int(stage))
    return _Stages(page, done, Answers(session, kernel), today)


def _decide(session: Session, kernel: Kernel, decisions: Sequence[_Decision], today: date) -> int:
    """Write decisions down, and remind of those that nobody took before; how many reminders."""
    ours = _write(session, decisions)
    given = [each for each in decisions if each.is_given and each.service.id in ours]
    record_many(session, kernel, [each.event(kernel, today) for each in given])
    return len(given)


def _write(session: Session, decisions: Sequence[_Decision]) -> set[int]:
    """The services whose stage wasn't decided on before."""
    if not decisions:
        return set()
    rows = [
        {
            "service_id": each.service.id,
            "expires_on": each.expires_on,
            "stage": each.stage,
            "is_given": each.is_given,
        }
        for each in decisions
    ]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Reminder).on_conflict_do_nothing().returning(Reminder.service_id)
    return set(session.scalars(statement, rows))


def _locked(session: Session, service_id: int) -> Service | None:
    """The service under its client's lock and its own; None where it isn't to be touched."""
    client = find(session, Client, find(session, Service, service_id).client_id, lock=True)
    service = find(session, Service, service_id, lock=True)
    is_there = service.status in RENEWABLE and service.deletes_on is None
    return service if is_there and client.parked_at is None else None


def _at_a_stage(windows: Iterable[Window]) -> Conditions:
    windows = sorted(windows, key=attrgetter("first_on"))
    at_one = (
        and_(
            Service.expires_on.between(window.first_on, window.last_on),
            Service.period_months >= window.months_least,
            _is_undecided(str(window.stage)),
        )
        for window in windows
    )
    return (
        present(),
        Service.expires_on.between(windows[0].first_on, windows[-1].last_on),
        Service.deletes_on.is_(None),
        or_(*at_one),
        unparked(),
    )


@cache
def _is_undecided(stage: str) -> ColumnElement[bool]:
    decided = select(Reminder.id).where(
        Reminder.service_id == Service.id,
        Reminder.expires_on == Service.expires_on,
        Reminder.stage == stage,
    )
    return has_none(decided)
