"""Documents: an invoice as a value becomes HTML for people, PDF and XML for the records."""

from billing_kernel.documents.e_invoice import can_render_e_invoice, render_e_invoice
from billing_kernel.documents.e_invoice_rules import why_no_e_invoice
from billing_kernel.documents.errors import (
    NoEInvoiceError,
    RendererMissingError,
    RenderingError,
)
from billing_kernel.documents.html import content_security_policy, render_html
from billing_kernel.documents.invoice import (
    Bank,
    Correction,
    DocumentKind,
    DocumentLine,
    InvoiceDocument,
    Party,
    TaxTotal,
    party_of,
)
from billing_kernel.documents.pdf import can_render_pdf, render_pdf

__all__ = [
    "Bank",
    "Correction",
    "DocumentKind",
    "DocumentLine",
    "InvoiceDocument",
    "NoEInvoiceError",
    "Party",
    "RendererMissingError",
    "RenderingError",
    "TaxTotal",
    "can_render_e_invoice",
    "can_render_pdf",
    "content_security_policy",
    "party_of",
    "render_e_invoice",
    "render_html",
    "render_pdf",
    "why_no_e_invoice",
]
