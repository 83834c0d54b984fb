"""Issue invoices: numbered without gaps, unchangeable from then on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.documenting import ask_for_documents
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import record_event
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.domain.states import (
    INVOICE_TRANSITIONS,
    InvoiceEvent,
    InvoiceState,
    advance,
)
from billing_kernel.models import (
    Client,
    Company,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    Payer,
    Provider,
)

INVOICE_SERIES = "INV"
CREDIT_NOTE_SERIES = "CN"


@dataclass(frozen=True, slots=True)
class Item:
    """A priced line and what it is for."""

    line: PricedLine
    service_id: int | None = None
    tariff_plan_id: int | None = None


def issue_invoice(
    session: Session,
    kernel: Kernel,
    client: Client,
    kind: str,
    items: Sequence[Item],
    *,
    currency: str,
    today: date,
    order_id: int | None = None,
    payer: Payer | None = None,
    tax_note: str = "",
    corrects: Invoice | None = None,
) -> Invoice:
    """Write an invoice with the next number of its series.

    Payer and company are written as they are now: a document never changes with them. A
    credit note names the invoice that it ``corrects`` and is numbered in a series of its own.
    """
    provider = session.get_one(Provider, client.provider_id)
    company = company_of(session, provider)
    series = CREDIT_NOTE_SERIES if corrects else INVOICE_SERIES
    number = take_numbers(session, client.provider_id, series)
    values = invoice_values(
        provider, company, client, kind, items,
        currency=currency, today=today, payer=payer, tax_note=tax_note,
    )  # fmt: skip
    invoice = Invoice(
        **values,
        **numbered(series, number),
        order_id=order_id,
        status=InvoiceState.NEW,
        corrects_invoice_id=corrects.id if corrects else None,
        lines=[
            InvoiceLine(**line_values(position, item))
            for position, item in enumerate(items, start=1)
        ],
    )
    session.add(invoice)
    session.flush()
    ask_for_documents(session, invoice, is_new=True)
    record_event(
        session, kernel, "InvoiceIssued", {"invoice_id": invoice.id, "kind": kind}, client.id
    )
    return invoice


def company_of(session: Session, provider: Provider) -> Company | None:
    """The legal entity that a provider's documents come from."""
    return session.get(Company, provider.company_id) if provider.company_id else None


def invoice_values(
    provider: Provider,
    company: Company | None,
    client: Client,
    kind: str,
    items: Sequence[Item],
    *,
    currency: str,
    today: date,
    payer: Payer | None = None,
    tax_note: str = "",
) -> dict[str, Any]:
    """What an invoice says, but for its number and what becomes of it."""
    net = sum((item.line.net for item in items), Money.zero(currency))
    tax = sum((item.line.tax for item in items), Money.zero(currency))
    return {
        "provider_id": client.provider_id,
        "client_id": client.id,
        "kind": kind,
        "issued_on": today,
        "currency": currency,
        "net_minor": net.amount_minor,
        "tax_minor": tax.amount_minor,
        "total_minor": (net + tax).amount_minor,
        "line_count": len(items),
        "payer_id": payer.id if payer else None,
        "language": (payer.language if payer else "")
        or client.language
        or provider.default_language,
        "payer": _party(payer) if payer else {"name": client.name, "country": client.country},
        "company": _party(company) if company else {"name": provider.name},
        "tax_note": tax_note,
    }


def numbered(series: str, number: int) -> dict[str, Any]:
    """How an invoice shows its place in a series."""
    return {"series": series, "series_number": number, "number": f"{series}-{number:06d}"}


def cancel_invoice(invoice: Invoice) -> None:
    """Withdraw an unpaid invoice; its number stays used."""
    invoice.status = advance(INVOICE_TRANSITIONS, InvoiceState(invoice.status), InvoiceEvent.CANCEL)


def _party(party: Payer | Company) -> dict[str, Any]:
    names = ("name", "country", "address", "tax_id", "registration_code", "vat_number", "bank")
    document = {name: getattr(party, name) for name in names}
    if isinstance(party, Payer):
        document["kind"] = party.kind
    else:
        document |= {"email": party.email, "phone": party.phone}
    return document


def line_values(position: int, item: Item) -> dict[str, Any]:
    """What a line of an invoice says."""
    line = item.line
    return {
        "position": position,
        "kind": line.kind,
        "description": line.description[:500],
        "service_id": item.service_id,
        "tariff_plan_id": item.tariff_plan_id,
        "period_months": line.period_months,
        "start_on": line.period.start_on if line.period else None,
        "end_on": line.period.end_on if line.period else None,
        "net_minor": line.net.amount_minor,
        "tax_rate": line.tax_rate,
        "tax_minor": line.tax.amount_minor,
        "total_minor": line.total.amount_minor,
        "explanation": msgspec.to_builtins(line.steps),
        "resource_type": line.resource_type,
        "derivation": line.derivation,
    }


def take_numbers(session: Session, provider_id: int, series: str, count: int = 1) -> int:
    """The first of the next numbers; the counter's row stays locked until the transaction ends."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(InvoiceSeries)
        .values(provider_id=provider_id, series=series, last_number=0)
        .on_conflict_do_nothing()
    )
    mine = (InvoiceSeries.provider_id == provider_id, InvoiceSeries.series == series)
    session.execute(
        update(InvoiceSeries).where(*mine).values(last_number=InvoiceSeries.last_number + count)
    )
    last = session.scalars(select(InvoiceSeries.last_number).where(*mine)).one()
    return last - count + 1
