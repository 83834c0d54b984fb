"""An invoice for machines: EN 16931 in CII, written by factur-x from its business terms.

The keys BT-1, BG-4 … are the standard's own numbers of its terms. Amounts of a credit note
(type 381) are positive in the standard as they are in ``InvoiceDocument``.
"""

from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, Final

from billing_hookspecs import Money
from billing_kernel.documents.catalogue import catalogue_for
from billing_kernel.documents.e_invoice_rules import category_of, why_no_e_invoice
from billing_kernel.documents.errors import (
    NoEInvoiceError,
    RendererMissingError,
    RenderingError,
)
from billing_kernel.documents.invoice import (
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
    TaxTotal,
)
from billing_kernel.domain.states import InvoiceState

INVOICE_TYPE: Final = "380"
CREDIT_NOTE_TYPE: Final = "381"
SEPA_TRANSFER: Final = "58"
PIECES: Final = "C62"
REVERSE_CHARGE_REASON: Final = "VATEX-EU-AE"
ADDRESS_LINES_MAX: Final = 3

Terms = dict[str, Any]


def can_render_e_invoice() -> bool:
    return find_spec("facturx") is not None


def render_e_invoice(document: InvoiceDocument) -> bytes:
    """The invoice as XML (Factur-X profile EN 16931), valid by its schema.

    Raises NoEInvoiceError with every reason, RendererMissingError, RenderingError.
    """
    if reasons := why_no_e_invoice(document):
        raise NoEInvoiceError(reasons)
    if not can_render_e_invoice():
        raise RendererMissingError("An e-invoice")
    from facturx import generate_xml

    try:
        # Its schematron check would send the invoice to a server on the Internet.
        xml = generate_xml(terms_of(document), level="en16931", check_schematron=False)
    except Exception as error:  # factur-x raises bare Exception for what its schema refuses
        raise RenderingError(f"factur-x: {error}") from error
    return bytes(xml)


def terms_of(document: InvoiceDocument) -> Terms:
    """The invoice in the standard's terms."""
    is_credit = document.kind is DocumentKind.CREDIT_NOTE
    return {
        "BT-1": document.number,
        "BT-2": document.issued_on,
        "BT-3": CREDIT_NOTE_TYPE if is_credit else INVOICE_TYPE,
        "BT-5": document.currency,
        "BT-72": _supplied_on(document),
        "BG-3": _corrected(document),
        "BG-4": _seller(document.company),
        "BG-7": _party(document.payer),
        "BG-23": [_breakdown(document, total) for total in document.tax_totals()],
        "BG-25": [_line(document, place, line) for place, line in enumerate(document.lines, 1)],
        **_totals(document),
        **_payment(document),
    }


def _totals(document: InvoiceDocument) -> Terms:
    is_paid = document.status is InvoiceState.PAID and document.kind is DocumentKind.INVOICE
    paid = document.total if is_paid else Money.zero(document.currency)
    return {
        "BT-106": _decimal(document.net),
        "BT-109": _decimal(document.net),
        "BT-110": _decimal(document.tax),
        "BT-112": _decimal(document.total),
        "BT-113": _decimal(paid),
        "BT-115": _decimal(document.total - paid),
    }


def _payment(document: InvoiceDocument) -> Terms:
    words, bank = catalogue_for(document.language), document.company.bank
    if document.kind is DocumentKind.CREDIT_NOTE:
        return {"BT-20": words.label("terms_credit")}
    terms: Terms = {"BT-20": words.label("terms"), "BT-83": document.number}
    if document.asks_for_money and bank.iban:
        terms |= {
            "BT-81": SEPA_TRANSFER,
            "BT-84": "".join(bank.iban.split()),
            "BT-85": bank.recipient or document.company.name,
            "BT-86": bank.bic,
        }
    return terms


def _supplied_on(document: InvoiceDocument) -> date:
    """The last day that is served, as a tax office understands the date of supply."""
    ends = [line.period.end_on for line in document.lines if line.period]
    return max([document.issued_on, *(end - timedelta(days=1) for end in ends)])


def _corrected(document: InvoiceDocument) -> list[Terms]:
    if document.corrects is None:
        return []
    return [{"BT-25": document.corrects.number, "BT-26": document.corrects.issued_on}]


def _party(party: Party) -> Terms:
    lines = [line.strip() for line in party.address.splitlines() if line.strip()]
    if len(lines) > ADDRESS_LINES_MAX:
        kept = ADDRESS_LINES_MAX - 1
        lines = [*lines[:kept], ", ".join(lines[kept:])]
    return {
        "name": party.name,
        "country_code": party.country,
        "vat_identifier": party.vat_number,
        "legal_identifier": party.registration_code,
        **{f"addr_l{place}": line for place, line in enumerate(lines, 1)},
    }


def _seller(company: Party) -> Terms:
    contact = {"phone": company.phone, "email": company.email}
    return {
        **_party(company),
        "tax_identifier": company.tax_id,
        "contacts": [contact] if any(contact.values()) else [],
    }


def _breakdown(document: InvoiceDocument, total: TaxTotal) -> Terms:
    category = category_of(document, total.rate)
    terms: Terms = {
        "BT-116": _decimal(total.net),
        "BT-117": _decimal(total.tax),
        "BT-118": category.code,
        "BT-119": _percent(total.rate),
    }
    if category.reason:
        terms["BT-120"] = category.reason
    if category.is_reverse_charge:
        terms["BT-121"] = REVERSE_CHARGE_REASON
    return terms


def _line(document: InvoiceDocument, place: int, line: DocumentLine) -> Terms:
    """A price is never negative in the standard; what lowers the total is a negative quantity."""
    lowers = line.net.amount_minor < 0
    terms: Terms = {
        "BT-126": str(place),
        "BT-129": "-1" if lowers else "1",
        "BT-130": PIECES,
        "BT-131": _decimal(line.net),
        "BT-146": _decimal(-line.net if lowers else line.net),
        "BT-151": category_of(document, line.tax_rate).code,
        "BT-152": _percent(line.tax_rate),
        "BT-153": " ".join(line.description.split()) or line.kind,
    }
    if line.period:
        terms["BT-134"] = line.period.start_on
        terms["BT-135"] = max(line.period.start_on, line.period.end_on - timedelta(days=1))
    return terms


def _decimal(money: Money) -> str:
    return str(money.to_decimal())


def _percent(rate: str) -> str:
    """``19`` from ``0.19``, ``5.5`` from ``0.055``."""
    return format((Decimal(rate) * 100).normalize(), "f")
