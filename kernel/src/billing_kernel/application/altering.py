"""Change running services: invoice what a change costs, then the upstream, then the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Capability, Money, OperationKind
from billing_kernel.application.applying import free_number
from billing_kernel.application.changing import (
    ChangeTariff,
    quote_addon_change,
    quote_tariff_change,
)
from billing_kernel.application.charging_days import refuse_owing
from billing_kernel.application.closing import require_capability
from billing_kernel.application.finding import find
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import payer_of
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.starting import (
    refuse_being_deleted,
    refuse_during_operation,
    start_operation,
)
from billing_kernel.application.viewing import stored_view, view_service
from billing_kernel.application.withdrawing import withdraw_invoice
from billing_kernel.domain.addons import resource_amounts
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.paid import Paid, paid_document
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.repricing import PricedChange
from billing_kernel.domain.states import (
    CHANGE_TRANSITIONS,
    ChangeEvent,
    ChangeState,
    InvoiceState,
    advance,
)
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import (
    Client,
    Invoice,
    Operation,
    Provider,
    Service,
    ServiceChange,
    TariffPlan,
    TariffVersion,
)


class ServiceExpiredError(ConflictError):
    """The service has expired: only a renewal can begin."""

    code = "service.expired"


class StaleChangeError(ConflictError):
    """The service isn't any more what it was when its change was priced."""

    code = "invoice.change_stale"


@dataclass(frozen=True, slots=True)
class ChangeAddons:
    """Other amounts by resource type; what isn't named stays."""

    addons: Mapping[str, Any] = field(default_factory=dict)


ChangeCommand = ChangeTariff | ChangeAddons


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """A change with the invoice that it waits for; None where it began at once."""

    change: ServiceChange
    invoice: Invoice | None


@dataclass(frozen=True, slots=True)
class PreparedChange:
    """A change and what an invoice has to ask for it; nothing where it is free."""

    change: ServiceChange
    items: tuple[Item, ...]
    tax_note: str


def quote_change(
    session: Session,
    kernel: Kernel,
    service: Service,
    command: ChangeCommand,
    payer_id: int | None = None,
    after: Paid | None = None,
) -> PricedChange:
    """Price a change as of today; raises what its quote raises."""
    client = session.get_one(Client, service.client_id)
    payer = payer_of(session, client, payer_id)
    if isinstance(command, ChangeTariff):
        return quote_tariff_change(session, kernel, service, command, payer, after=after)
    return quote_addon_change(session, kernel, service, command.addons, payer, after=after)


def ask_for_change(
    session: Session,
    kernel: Kernel,
    service_id: int,
    command: ChangeCommand,
    client_id: int,
    payer_id: int | None = None,
) -> RequestedChange:
    """Invoice what a change costs; paying it begins the change. A free one begins at once.

    What is dearer is paid before, what returns goes to the balance after the upstream has
    confirmed. Raises OperationInProgressError, NotSupportedError, InsufficientFundsError for days
    that are owed and what ``quote_change`` raises.
    """
    service = find(session, Service, service_id, client_id=client_id)
    # Whoever pays locks the invoice before its service, too.
    lock_unpaid_changes(session, service)
    service = find(session, Service, service_id, lock=True)
    prepared = prepare_change(session, kernel, service, command, payer_id)
    if not prepared.items:
        begin_change(session, kernel, prepared.change)
        return RequestedChange(prepared.change, None)
    client = session.get_one(Client, service.client_id)
    provider = session.get_one(Provider, service.provider_id)
    invoice = issue_invoice(
        session,
        kernel,
        client,
        "change",
        prepared.items,
        currency=prepared.change.currency,
        payer=payer_of(session, client, payer_id),
        tax_note=prepared.tax_note,
        today=business_date(kernel.clock.now(), provider.time_zone),
    )
    await_payment(prepared.change, invoice, [line.id for line in invoice.lines])
    return RequestedChange(prepared.change, invoice)


def prepare_change(
    session: Session,
    kernel: Kernel,
    service: Service,
    command: ChangeCommand,
    payer_id: int | None = None,
    after: Paid | None = None,
) -> PreparedChange:
    """Write down a change, before it has an invoice; raises as ``ask_for_change``.

    ``after`` is a renewal that the same invoice asks for and that comes first. The service's
    row is locked by the caller, its unpaid changes before.
    """
    refuse_during_operation(session, service, OperationKind.CHANGE)
    require_capability(session, kernel, service, Capability.CHANGE)
    if after is None:
        _refuse_expired(session, kernel, service)
    refuse_owing(session, kernel, service)
    priced = quote_change(session, kernel, service, command, payer_id, after)
    withdraw_changes(session, kernel, service)
    change = _record(session, kernel, service, command, priced)
    # Once the upstream has made it, it is too late to find no place for its days.
    free_number(session, service, change.start_on)
    if after is not None:
        change.seen = {**change.seen, "expires_on": after.end_on.isoformat()}
    items = tuple(
        Item(line, service.id, service.tariff_plan_id)
        for line in priced.lines
        if line.total.amount_minor > 0
    )
    return PreparedChange(change, items, priced.tax_note)


def _refuse_expired(session: Session, kernel: Kernel, service: Service) -> None:
    """What is owed for being late goes by what was paid: a change would leave it behind."""
    provider = session.get_one(Provider, service.provider_id)
    today = business_date(kernel.clock.now(), provider.time_zone)
    if service.expires_on is not None and service.expires_on < today:
        raise ServiceExpiredError(
            f"service {service.id} expired on {service.expires_on}: renew it first, or in one "
            "cart with the change"
        )


def await_payment(change: ServiceChange, invoice: Invoice, line_ids: Sequence[int]) -> None:
    """The change begins once this invoice is paid."""
    change.invoice_id, change.line_ids = invoice.id, list(line_ids)


def begin_change(
    session: Session, kernel: Kernel, change: ServiceChange, invoice: Invoice | None = None
) -> Operation:
    """Let the upstream make the change; raises StaleChangeError, OperationInProgressError."""
    service = session.get_one(Service, change.service_id, with_for_update=True)
    refuse_being_deleted(service)
    refuse_stale_change(service, change)
    change.state = advance(CHANGE_TRANSITIONS, ChangeState(change.state), ChangeEvent.BEGIN)
    terms = read_terms(session.get_one(TariffVersion, change.tariff_version_id).terms)
    before = view_service(session, service)
    after = replace(
        before,
        tariff_code=terms.tariff_code,
        period_months=change.period_months,
        resources=resource_amounts(terms.addons, change.addons),
        account_template=session.get_one(TariffPlan, change.tariff_plan_id).account_template,
    )
    return start_operation(
        session,
        kernel,
        service,
        OperationKind.CHANGE,
        invoice,
        view=after,
        before=stored_view(before),
        change_id=change.id,
    )


def change_of(session: Session, invoice_id: int, service_id: int) -> ServiceChange | None:
    """The change that an invoice asks money for."""
    return session.scalar(
        select(ServiceChange).where(
            ServiceChange.invoice_id == invoice_id, ServiceChange.service_id == service_id
        )
    )


def withdraw_changes(session: Session, kernel: Kernel, service: Service) -> None:
    """Cancel the unpaid invoices that ask for a change of the service."""
    for invoice in lock_unpaid_changes(session, service):
        withdraw_invoice(session, kernel, invoice)
        change = change_of(session, invoice.id, service.id)
        if change is not None:
            change.state = advance(
                CHANGE_TRANSITIONS, ChangeState(change.state), ChangeEvent.WITHDRAW
            )


def lock_unpaid_changes(session: Session, service: Service) -> Sequence[Invoice]:
    ids = select(ServiceChange.invoice_id).where(
        ServiceChange.service_id == service.id, ServiceChange.state == ChangeState.ASKED
    )
    unpaid = Invoice.kind == "change", Invoice.status == InvoiceState.NEW
    return session.scalars(
        select(Invoice).where(Invoice.id.in_(ids), *unpaid).with_for_update()
    ).all()


def refuse_stale_change(service: Service, change: ServiceChange) -> None:
    """Raise StaleChangeError where the service was renewed, changed or expired since."""
    if change.seen != _seen(service):
        raise StaleChangeError(
            f"service {service.id} isn't what it was when this change was priced: ask again"
        )


def _record(
    session: Session,
    kernel: Kernel,
    service: Service,
    command: ChangeCommand,
    priced: PricedChange,
) -> ServiceChange:
    plan_id, version_id = service.tariff_plan_id, service.tariff_version_id
    months = service.period_months
    if isinstance(command, ChangeTariff):
        plan = session.get_one(TariffPlan, command.tariff_plan_id)
        plan_id, version_id = plan.id, version_in_force(session, plan).id
        months = command.period_months or months
    provider = session.get_one(Provider, service.provider_id)
    zero = Money.zero(provider.currency)
    returns = [line for line in priced.lines if line.total < zero]
    change = ServiceChange(
        service_id=service.id,
        state=ChangeState.ASKED,
        tariff_plan_id=plan_id,
        tariff_version_id=version_id,
        period_months=months,
        addons=priced.addons,
        start_on=business_date(kernel.clock.now(), provider.time_zone),
        expires_on=priced.expires_on,
        restarts_on=priced.restarts_on,
        paid=paid_document(priced.paid) if priced.paid else None,
        net_minor=sum(line.net.amount_minor for line in priced.lines),
        returns_minor=-sum(line.total.amount_minor for line in returns),
        is_returned=False,
        currency=zero.currency,
        seen=_seen(service),
        lines=msgspec.to_builtins(priced.lines),
        line_ids=[],
    )
    session.add(change)
    session.flush()
    return change


def _seen(service: Service) -> dict[str, Any]:
    return {
        "tariff_version_id": service.tariff_version_id,
        "expires_on": _text(service.expires_on),
        "addons": service.addons,
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
