"""Renew services for another period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from billing_hookspecs import Occasion, OperationKind
from billing_kernel.application.bundling import refuse_bundled
from billing_kernel.application.consulting import charging_policy
from billing_kernel.application.delaying import delay_of
from billing_kernel.application.finding import find
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import payer_of
from billing_kernel.application.quoting import described, view_of_sale
from billing_kernel.application.recalling import Answers
from billing_kernel.application.starting import refuse_being_deleted, refuse_during_operation
from billing_kernel.application.withdrawing import refuse_while_charged, withdraw_invoice
from billing_kernel.bulk import as_indexed
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.paid import read_paid
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedItem, Sale, price_renewal
from billing_kernel.domain.states import InvoiceState, ServiceState
from billing_kernel.models import (
    Client,
    Invoice,
    InvoiceLine,
    Payer,
    Provider,
    Service,
)
from billing_kernel.models.services import PRESENT

RENEWAL = "renewal"
RENEWABLE = (ServiceState.ACTIVE, ServiceState.SUSPENDED)


@cache
def present() -> ColumnElement[bool]:
    """The services that could be renewed: those that an upstream has."""
    return as_indexed(PRESENT)


class NotRenewableError(ConflictError):
    """The service isn't active or suspended, or it has no end."""

    code = "service.not_renewable"


class ExpiryMovedError(ConflictError):
    """The service expires on another date than the caller saw."""

    code = "service.expiry_moved"


class ChargedDailyError(RuleError):
    """Services that are charged daily have no end and can't be renewed."""

    code = "service.charged_daily"


class TariffEndedError(RuleError):
    """The tariff plan has ended; it can neither be ordered nor renewed."""

    code = "tariff.ended"


@dataclass(frozen=True, slots=True)
class RenewService:
    """``as_of`` is the day that it is priced for, today if none is given."""

    service_id: int
    period_months: int
    expected_expires_on: date | None = None
    payer_id: int | None = None
    as_of: date | None = None


def quote_renewal(
    session: Session,
    kernel: Kernel,
    service: Service,
    period_months: int,
    payer: Payer | None = None,
    *,
    as_of: date | None = None,
    answers: Answers | None = None,
) -> PricedItem:
    """Price a renewal as of a day, today if none is given.

    ``answers`` are shared by those who price many in one transaction. Raises
    BundledServiceError, BeingDeletedError, NotRenewableError, ChargedDailyError, TariffEndedError,
    PeriodNotSoldError.
    """
    answers = answers or Answers(session, kernel)
    refuse_bundled(session, service)
    refuse_being_deleted(service)
    plan = answers.plan(service.tariff_plan_id)
    provider = answers.provider(service.provider_id)
    today = as_of or answers.today(provider)
    if plan.end_on is not None and today > plan.end_on:
        raise TariffEndedError(f"tariff plan {plan.id} ended on {plan.end_on}")
    if service.status not in RENEWABLE:
        raise NotRenewableError(f"service {service.id} is {service.status}")
    terms = answers.terms(service.tariff_version_id)
    if charging_policy(kernel, terms.charging).charges_daily:
        raise ChargedDailyError(f"service {service.id} is charged daily from the balance")
    if service.expires_on is None or service.anchor_on is None:
        raise NotRenewableError(f"service {service.id} has no end")
    client = session.get_one(Client, service.client_id)
    sale = Sale(
        Occasion.RENEWAL,
        period_months,
        service.expires_on,
        service.anchor_on,
        f"Renewal of {described(plan, service.name, client)}",
        view_of_sale(plan, terms, client, Occasion.RENEWAL, period_months),
        service.addons,
        answers.tax(provider, client, payer, today),
        provider.prices_include_tax,
    )
    delay = None
    if today > service.expires_on:
        paid = read_paid(service.paid)
        if paid is None:
            raise NotRenewableError(f"service {service.id} was never paid for")
        keeps = answers.keeping(service.product_type, terms)
        delay = delay_of(terms, paid, service.expires_on, today, keeps)
    return price_renewal(terms, sale, delay, answers.policies)


def renew_service(
    session: Session, kernel: Kernel, command: RenewService, client_id: int
) -> Invoice:
    """Issue the invoice of a renewal; paying it starts the renewal.

    An unpaid renewal invoice of the service is withdrawn: the new one takes its place. Raises
    OperationInProgressError, ExpiryMovedError, PaymentInProgressError while a stored method is
    being charged for the old one, and what ``quote_renewal`` raises.
    """
    service = find(session, Service, command.service_id, client_id=client_id)
    # Whoever pays locks the invoice before its service, too.
    lock_unpaid_renewals(session, service)
    service = find(session, Service, command.service_id, lock=True)
    client = session.get_one(Client, service.client_id)
    payer = payer_of(session, client, command.payer_id)
    priced = prepare_renewal(session, kernel, service, command, payer)
    provider = session.get_one(Provider, service.provider_id)
    return issue_invoice(
        session,
        kernel,
        client,
        RENEWAL,
        renewal_items(service, priced),
        currency=priced.lines[0].total.currency,
        payer=payer,
        tax_note=priced.tax_note,
        today=business_date(kernel.clock.now(), provider.time_zone),
    )


def prepare_renewal(
    session: Session,
    kernel: Kernel,
    service: Service,
    command: RenewService,
    payer: Payer | None,
) -> PricedItem:
    """Price a renewal that is about to be invoiced, and withdraw its unpaid invoices.

    Their rows and the service's are locked by the caller. Raises as ``renew_service``.
    """
    refuse_during_operation(session, service, OperationKind.RENEW)
    expected = command.expected_expires_on
    if expected is not None and expected != service.expires_on:
        raise ExpiryMovedError(f"service {service.id} expires on {service.expires_on}")
    priced = quote_renewal(
        session, kernel, service, command.period_months, payer, as_of=command.as_of
    )
    for invoice in lock_unpaid_renewals(session, service):
        refuse_while_charged(session, invoice)
    withdraw_renewals(session, kernel, service)
    return priced


def renewal_items(service: Service, priced: PricedItem) -> list[Item]:
    """What an invoice has to ask for."""
    return [Item(line, service.id, service.tariff_plan_id) for line in priced.lines]


def withdraw_renewals(session: Session, kernel: Kernel, service: Service) -> None:
    """Cancel the unpaid invoices that ask for a renewal of the service."""
    for invoice in lock_unpaid_renewals(session, service):
        withdraw_invoice(session, kernel, invoice)


def lock_unpaid_renewals(session: Session, service: Service) -> Sequence[Invoice]:
    return (
        session.scalars(
            select(Invoice)
            .join(InvoiceLine)
            .where(
                InvoiceLine.service_id == service.id,
                Invoice.kind == RENEWAL,
                Invoice.status == InvoiceState.NEW,
            )
            .with_for_update(of=Invoice)
        )
        .unique()
        .all()
    )
