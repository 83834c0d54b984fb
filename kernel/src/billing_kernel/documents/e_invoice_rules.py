"""Which invoices can be e-invoices by EN 16931, and how the standard calls their tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from billing_kernel.documents.invoice import DocumentKind, InvoiceDocument
from billing_kernel.domain.countries import EU
from billing_kernel.domain.rounding import fraction_of
from billing_kernel.domain.states import InvoiceState

CURRENCY: Final = "EUR"
"""Another currency would need the tax in the seller's own as well, at a rate of the day."""

REVERSE_CHARGE: Final = "reverse charge"
"""How the note must begin then: directive 2006/112/EC, article 226 (11a), says these words."""

DEVIATION_MINOR_MAX: Final = 99
"""BR-CO-17 lets tax that was rounded on each line be less than one euro off."""


@dataclass(frozen=True, slots=True)
class TaxCategory:
    """A code of UNTDID 5305 and, where there is no tax, why."""

    code: str
    reason: str = ""

    @property
    def is_reverse_charge(self) -> bool:
        return self.code == "AE"


def category_of(document: InvoiceDocument, rate: str) -> TaxCategory:
    """The category of the document's lines with this rate."""
    if Fraction(rate):
        return TaxCategory("S")
    if document.tax_note.lower().startswith(REVERSE_CHARGE):
        return TaxCategory("AE", document.tax_note)
    return TaxCategory("E", document.tax_note)


def why_no_e_invoice(document: InvoiceDocument) -> Sequence[str]:
    """Everything that stands against an e-invoice; empty where nothing does."""
    company, payer = document.company, document.payer
    categories = [category_of(document, line.tax_rate) for line in document.lines]
    objections = (
        (document.status is InvoiceState.CANCELLED, "the invoice was cancelled"),
        (document.kind is DocumentKind.ADVANCE_PAYMENT, "an advance payment supplies nothing yet"),
        (not document.lines, "it has no lines"),
        (document.currency != CURRENCY, f"it is in {document.currency}, not in {CURRENCY}"),
        (company.country not in EU, "the company isn't in the European Union"),
        (payer.country not in EU, "the payer isn't in the European Union"),
        (not payer.name, "the payer has no name"),
        (not company.vat_number, "the company has no VAT number on record"),
        (
            not payer.vat_number and any(each.is_reverse_charge for each in categories),
            "reverse charge needs the payer's VAT number",
        ),
        (
            any(each.code == "E" and not each.reason for each in categories),
            "nothing says why a line is free of tax",
        ),
        (_deviates(document), "its tax, rounded on each line, is too far from that of the sum"),
    )
    return tuple(reason for applies, reason in objections if applies)


def _deviates(document: InvoiceDocument) -> bool:
    return any(
        abs((fraction_of(total.net, Fraction(total.rate)) - total.tax).amount_minor)
        > DEVIATION_MINOR_MAX
        for total in document.tax_totals()
    )
