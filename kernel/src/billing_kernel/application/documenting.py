"""Documents of invoices: made after the money was recorded, kept as they were made.

Rendering may fail or take long, so it never shares a transaction with money. What the books
say doesn't depend on it: a document that couldn't be made is tried again.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_kernel.application.describing import describe_invoice
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue, message_values
from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.documents import (
    InvoiceDocument,
    NoEInvoiceError,
    RendererMissingError,
    RenderingError,
    can_render_e_invoice,
    can_render_pdf,
    render_e_invoice,
    render_html,
    render_pdf,
    why_no_e_invoice,
)
from billing_kernel.models import Document, Invoice
from billing_kernel.models.outbox import Queue

RENDERING = "render_document"
_NEW = "issued_invoice_ids"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

log = structlog.get_logger(__name__)


class Form(StrEnum):
    """What a document can be, by media type.

    PDF and XML are documents: made once for each status of the invoice, and kept. HTML is a
    page: made from the invoice whenever somebody looks.
    """

    PDF = "application/pdf"
    HTML = "text/html"
    E_INVOICE = "application/xml"


SUFFIXES: Final = {Form.PDF: "pdf", Form.HTML: "html", Form.E_INVOICE: "xml"}

RENDERERS: Final[dict[Form, Callable[[InvoiceDocument], bytes]]] = {
    Form.PDF: render_pdf,
    Form.HTML: render_html,
    Form.E_INVOICE: render_e_invoice,
}


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """The bytes of a document and a file name that is safe anywhere."""

    form: Form
    content: bytes
    file_name: str
    sha256: str


def ask_for_documents(session: Session, invoice: Invoice, *, is_new: bool = False) -> None:
    """Have the invoice's documents made after this transaction, as it stands then.

    ``is_new`` says that it was issued just now; what else becomes of it in the same
    transaction needs no second message.
    """
    issued: set[int] = session.info.setdefault(_NEW, set())
    if is_new:
        issued.add(invoice.id)
    elif invoice.id in issued:
        return
    enqueue(session, RENDERING, {"invoice_id": invoice.id}, queue=Queue.DOCUMENTS)


def document_message(invoice_id: int, due_at: datetime) -> dict[str, Any]:
    """What ``ask_for_documents`` asks of a worker."""
    return message_values(RENDERING, {"invoice_id": invoice_id}, due_at, Queue.DOCUMENTS)


def render_document(kernel: Kernel, invoice_id: int) -> None:
    """Make and keep an invoice's documents as it stands; workers do this.

    Raises RenderingError once it is recorded, so that the outbox tries again after a pause
    that grows, and puts the message aside for a person in the end.
    """
    with kernel.database.reading() as session:
        document = describe_invoice(session, session.get_one(Invoice, invoice_id))
        renderings = [_Rendering(invoice_id, form, document) for form in _kept_forms(document)]
        missing = [each for each in renderings if _kept(session, each) is None]
    failures = []
    for rendering in missing:
        try:
            _make(kernel, rendering)
        except RenderingError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def document_of(
    kernel: Kernel, invoice_id: int, form: Form, client_id: int | None = None
) -> RenderedDocument:
    """A document of an invoice, of this client's if one is given; made now if it isn't there.

    Raises MissingError, NoEInvoiceError, RendererMissingError, RenderingError.
    """
    owned: dict[str, Any] = {} if client_id is None else {"client_id": client_id}
    with kernel.database.reading() as session:
        invoice = find(session, Invoice, invoice_id, **owned)
        rendering = _Rendering(invoice_id, form, describe_invoice(session, invoice))
        content = _kept(session, rendering)
    if content is None:
        content = _render(rendering) if form is Form.HTML else _make(kernel, rendering)
    name = f"{_UNSAFE.sub('-', rendering.document.number)}.{SUFFIXES[form]}"
    return RenderedDocument(form, content, name, _digest(content))


@dataclass(frozen=True, slots=True)
class _Rendering:
    """One form of one invoice in one status."""

    invoice_id: int
    form: Form
    document: InvoiceDocument

    def key(self) -> dict[str, Any]:
        return {
            "invoice_id": self.invoice_id,
            "media_type": str(self.form),
            "status": str(self.document.status),
        }


def _kept_forms(document: InvoiceDocument) -> list[Form]:
    """What this installation can make of the invoice and keep."""
    forms = [Form.PDF] if can_render_pdf() else []
    if can_render_e_invoice() and not why_no_e_invoice(document):
        forms.append(Form.E_INVOICE)
    return forms


def _kept(session: Session, rendering: _Rendering) -> bytes | None:
    return session.scalar(select(Document.content).filter_by(**rendering.key()))


def _make(kernel: Kernel, rendering: _Rendering) -> bytes:
    """Render and keep a document; of two that are made at once the first one is kept."""
    try:
        content = _render(rendering)
    except RendererMissingError:
        raise
    except RenderingError as error:
        # Only the row gets the cause: it may quote the invoice, which is nothing for a log.
        cause = error.cause
        log.warning("document.failed", **rendering.key())
        kernel.database.run(lambda session: _fail(session, rendering, cause))
        raise
    return kernel.database.run(lambda session: _keep(session, rendering, content))


def _render(rendering: _Rendering) -> bytes:
    forbid_inside_transaction("rendering a document")
    try:
        return RENDERERS[rendering.form](rendering.document)
    except (RenderingError, NoEInvoiceError):
        raise
    except Exception as error:  # the libraries that render may raise anything
        raise RenderingError(f"{rendering.form}: {type(error).__name__}") from error


def _keep(session: Session, rendering: _Rendering, content: bytes) -> bytes:
    row = _locked_row(session, rendering)
    if row.content is None:
        row.attempts, row.failure = row.attempts + 1, ""
        row.content, row.sha256 = content, _digest(content)
    return row.content


def _fail(session: Session, rendering: _Rendering, failure: str) -> None:
    row = _locked_row(session, rendering)
    if row.content is None:
        row.attempts, row.failure = row.attempts + 1, failure[:500]


def _locked_row(session: Session, rendering: _Rendering) -> Document:
    """The document's row; an empty one is made where there is none."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Document)
        .values(**rendering.key(), language=rendering.document.language)
        .on_conflict_do_nothing()
    )
    return session.scalars(select(Document).filter_by(**rendering.key()).with_for_update()).one()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
