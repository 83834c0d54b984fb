"""Credit notes: what invoices have earned, and documents that take some of it back."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_hookspecs import Money, Step
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.ledger import EntryKind
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.domain.refunds import RefundableLine, RefundTooEarlyError
from billing_kernel.domain.states import AttemptState, InvoiceState
from billing_kernel.models import (
    Client,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    Payer,
    Provider,
    Refund,
    RefundLine,
)


def earned_lines(session: Session, invoice: Invoice) -> tuple[RefundableLine, ...]:
    """What an invoice's lines earned, less what refunds took back of them.

    Raises RefundTooEarlyError while something that the invoice bought is under way.
    """
    line_ids = [line.id for line in invoice.lines]
    ends = _ends(session, line_ids)
    if any(line.total_minor and line.id not in ends for line in invoice.lines):
        raise RefundTooEarlyError(f"what invoice {invoice.number} bought is still under way")
    earned = [line for line in invoice.lines if ends.get(line.id) == EntryKind.EARN]
    return tuple(left_of(session, earned, invoice.currency).values())


def left_of(
    session: Session, lines: Sequence[InvoiceLine], currency: str
) -> dict[int, RefundableLine]:
    """What of earned lines, by their ids, refunds haven't taken back."""
    credited = _credited(session, [line.id for line in lines])
    left = {}
    for line in lines:
        net, tax = credited.get(line.id, (0, 0))
        rest = Money(line.net_minor - net, currency), Money(line.tax_minor - tax, currency)
        left[line.id] = RefundableLine(line.id, *rest)
    return left


def earned_of(session: Session, lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """Those of the lines whose money was earned."""
    ends = _ends(session, [line.id for line in lines])
    return [line for line in lines if ends.get(line.id) == EntryKind.EARN]


def issue_credit_note(
    session: Session, kernel: Kernel, invoice: Invoice, refund: Refund, lines: Sequence[RefundLine]
) -> Invoice:
    """The document of what a refund took back of an invoice; its amounts are negative."""
    credited = {line.id: line for line in invoice.lines}
    items = [
        Item(
            _credit_line(credited[part.invoice_line_id], part, refund),
            credited[part.invoice_line_id].service_id,
            credited[part.invoice_line_id].tariff_plan_id,
        )
        for part in lines
    ]
    provider = session.get_one(Provider, invoice.provider_id)
    note = issue_invoice(
        session,
        kernel,
        session.get_one(Client, invoice.client_id),
        "credit_note",
        items,
        currency=invoice.currency,
        today=business_date(kernel.clock.now(), provider.time_zone),
        payer=session.get(Payer, invoice.payer_id) if invoice.payer_id else None,
        tax_note=invoice.tax_note,
        corrects=invoice,
    )
    note.status, note.paid_at = InvoiceState.PAID, kernel.clock.now()
    return note


def _ends(session: Session, line_ids: Sequence[int]) -> dict[int, str]:
    """How the money of each line ended: earned or released."""
    rows = session.execute(
        select(LedgerEntry.source_id, LedgerEntry.kind).where(
            LedgerEntry.source_type == "invoice_line",
            LedgerEntry.kind.in_([EntryKind.EARN, EntryKind.RELEASE]),
            LedgerEntry.source_id.in_(line_ids),
        )
    )
    return {row.source_id: row.kind for row in rows}


def _credited(session: Session, line_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Net and tax of each line that refunds took back, or are about to."""
    rows = session.execute(
        select(
            RefundLine.invoice_line_id,
            func.sum(RefundLine.net_minor),
            func.sum(RefundLine.tax_minor),
        )
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(
            RefundLine.invoice_line_id.in_(line_ids),
            Refund.state != AttemptState.FAILED,
        )
        .group_by(RefundLine.invoice_line_id)
    )
    return {line_id: (int(net), int(tax)) for line_id, net, tax in rows}


def _credit_line(line: InvoiceLine, part: RefundLine, refund: Refund) -> PricedLine:
    net, tax = Money(-part.net_minor, refund.currency), Money(-part.tax_minor, refund.currency)
    step = Step(
        "refund.share",
        f"{-(net + tax)} of {Money(refund.credited_minor, refund.currency)} is taken back of "
        "this line",
        {"refund_minor": refund.credited_minor, "line_total_minor": line.total_minor},
        (net + tax).amount_minor,
    )
    text = f"{line.description}: {refund.reason}" if refund.reason else line.description
    return PricedLine("refund", text, net, line.tax_rate, tax, net + tax, None, (step,))
