"""Credit notes: documents that take back a part or all of an invoice."""

from sqlalchemy.orm import Session

from billing_hookspecs import Money, Step
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.domain.refunds import RefundableLine, RefundShare, share_refund
from billing_kernel.models import Client, Invoice, Payer, Provider


def refund_shares(session: Session, invoice: Invoice, amount: Money) -> tuple[RefundShare, ...]:
    """What each line of an invoice gives back of ``amount``."""
    lines = tuple(
        RefundableLine(line.id, Money(line.total_minor, invoice.currency), line.tax_rate)
        for line in invoice.lines
    )
    return share_refund(amount, lines)


def credit_invoice(
    session: Session, kernel: Kernel, invoice: Invoice, amount: Money, reason: str
) -> Invoice:
    """Issue a credit note over ``amount`` of an invoice; its amounts are negative."""
    lines = {line.id: line for line in invoice.lines}
    provider = session.get_one(Provider, invoice.provider_id)
    items = []
    for share in refund_shares(session, invoice, amount):
        line = lines[share.line_id]
        step = Step(
            "refund.share",
            f"{share.net + share.tax} of {amount}, in proportion to the line's total",
            {"refund_minor": amount.amount_minor, "line_total_minor": line.total_minor},
            -(share.net + share.tax).amount_minor,
        )
        credited = PricedLine(
            "refund",
            f"{line.description}: {reason}" if reason else line.description,
            -share.net,
            line.tax_rate,
            -share.tax,
            -(share.net + share.tax),
            None,
            (step,),
        )
        items.append(Item(credited, line.service_id, line.tariff_plan_id))
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
    note.status, note.paid_at = "paid", kernel.clock.now()
    return note
