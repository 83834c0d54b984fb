"""An invoice's row as the value that its documents are made of."""

from sqlalchemy.orm import Session

from billing_hookspecs import Money, Period
from billing_kernel.documents import (
    Correction,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    party_of,
)
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.states import InvoiceState
from billing_kernel.models import Invoice, InvoiceLine, Provider


def describe_invoice(session: Session, invoice: Invoice) -> InvoiceDocument:
    """Everything that a document shows, read from what the invoice kept when it was issued.

    Only the status and the day of payment are those of now.
    """
    provider = session.get_one(Provider, invoice.provider_id)
    corrected = (
        session.get_one(Invoice, invoice.corrects_invoice_id)
        if invoice.corrects_invoice_id
        else None
    )
    kind = _kind_of(invoice)
    sign = -1 if kind is DocumentKind.CREDIT_NOTE else 1
    return InvoiceDocument(
        number=invoice.number,
        kind=kind,
        status=InvoiceState(invoice.status),
        language=invoice.language,
        issued_on=invoice.issued_on,
        company=party_of(invoice.company),
        payer=party_of(invoice.payer),
        lines=tuple(_line(line, invoice.currency, sign) for line in invoice.lines),
        net=Money(sign * invoice.net_minor, invoice.currency),
        tax=Money(sign * invoice.tax_minor, invoice.currency),
        total=Money(sign * invoice.total_minor, invoice.currency),
        tax_note=invoice.tax_note,
        paid_on=business_date(invoice.paid_at, provider.time_zone) if invoice.paid_at else None,
        corrects=Correction(corrected.number, corrected.issued_on) if corrected else None,
    )


def _kind_of(invoice: Invoice) -> DocumentKind:
    if invoice.corrects_invoice_id:
        return DocumentKind.CREDIT_NOTE
    if invoice.kind == DocumentKind.ADVANCE_PAYMENT:
        return DocumentKind.ADVANCE_PAYMENT
    return DocumentKind.INVOICE


def _line(line: InvoiceLine, currency: str, sign: int) -> DocumentLine:
    return DocumentLine(
        kind=line.kind,
        description=line.description,
        net=Money(sign * line.net_minor, currency),
        tax_rate=line.tax_rate,
        tax=Money(sign * line.tax_minor, currency),
        total=Money(sign * line.total_minor, currency),
        period=Period(line.start_on, line.end_on) if line.start_on and line.end_on else None,
    )
