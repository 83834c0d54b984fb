"""Decide which services of a page are renewed from the balance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from billing_hookspecs import BillingError, Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.making_up import in_time_on, missed_from
from billing_kernel.application.paging.surveying import Survey
from billing_kernel.application.recalling import Answers
from billing_kernel.application.renewing import quote_renewal
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import AccountKey, Owner
from billing_kernel.domain.pricing import PricedItem
from billing_kernel.models import Client, Service


@dataclass(frozen=True, slots=True)
class Renewal:
    """A service that its client can pay for."""

    service: Service
    client: Client
    owner: Owner
    priced: PricedItem
    total: Money


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is renewed, in order, and the services that have to be done one by one."""

    renewals: Sequence[Renewal]
    rest: Sequence[int]


def judge(session: Session, kernel: Kernel, page: Survey, *, alone: bool = False) -> Judgement:
    """Go through a page in its order, each service with what the ones before left of the money.

    A service that isn't plain takes all that its client has due after it out of the page.
    ``alone`` judges each as if its client had no other one.
    """
    answers = Answers(session, kernel)
    missed_on = missed_from(session, page.provider, answers.today(page.provider))
    renewals: list[Renewal] = []
    rest: list[int] = []
    apart: set[int] = set()
    spent: Counter[AccountKey] = Counter()
    for service in page.services:
        if page.clients[service.client_id].parked_at is not None:
            continue
        renewal = None
        if service.client_id not in apart and page.is_plain(service):
            try:
                renewal = _renewal(
                    session, kernel, page.clients[service.client_id], service, answers, missed_on
                )
            except (ConflictError, RuleError):
                continue
            except BillingError:
                # What a plugin does wrong, too: done by itself, it is counted and logged.
                renewal = None
        if renewal is None or not _is_open(page, renewal):
            apart.add(service.client_id)
            rest.append(service.id)
            continue
        balance = renewal.owner.balance(renewal.total.currency)
        if _covers(page, balance, renewal.total, 0 if alone else spent[balance]):
            spent[balance] += renewal.total.amount_minor
            renewals.append(renewal)
    return Judgement(renewals, rest)


def _renewal(
    session: Session,
    kernel: Kernel,
    client: Client,
    service: Service,
    answers: Answers,
    missed_on: date,
) -> Renewal:
    today = answers.today(answers.provider(service.provider_id))
    priced = quote_renewal(
        session,
        kernel,
        service,
        service.period_months,
        as_of=in_time_on(service, missed_on, today),
        answers=answers,
    )
    owner = Owner(service.provider_id, client.id)
    return Renewal(service, client, owner, priced, priced.total(priced.lines[0].total.currency))


def _is_open(page: Survey, renewal: Renewal) -> bool:
    """Whether both accounts that the money moves between are ours."""
    owner, currency = renewal.owner, renewal.total.currency
    return not renewal.total or (
        owner.balance(currency) in page.accounts and owner.held(currency) in page.accounts
    )


def _covers(page: Survey, balance: AccountKey, total: Money, spent_minor: int) -> bool:
    if not total:
        return True
    return page.accounts[balance].spendable_minor - spent_minor >= total.amount_minor
