"""Documents follow the money, never the other way round; made once, they stay."""

import hashlib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tests.factories import Shop, invoice_of

from billing_hookspecs import Money
from billing_kernel.application import documenting
from billing_kernel.application.documenting import Form, document_of, render_document
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.documents import (
    InvoiceDocument,
    RendererMissingError,
    RenderingError,
    render_pdf,
)
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.models import Client, Document, Invoice, Payer

Order = Callable[..., Invoice]
Kept = Callable[[], list[Document]]


class BrokenPrinter:
    """Renders PDFs, or fails as often as it is told to; counts how often it was asked."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked = 0

    def __call__(self, document: InvoiceDocument) -> bytes:
        self.asked += 1
        if self.asked <= self.failures:
            raise MemoryError("out of paper")
        return render_pdf(document)


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], BrokenPrinter]:
    """Put a printer in place that fails so often."""

    def install(failures: int) -> BrokenPrinter:
        made = BrokenPrinter(failures)
        monkeypatch.setitem(documenting.RENDERERS, Form.PDF, made)
        return made

    return install


def test_issuing_and_paying_each_ask_for_documents(
    order: Order, pay: Callable[[Invoice], int], asked: Callable[[], list[int]]
) -> None:
    """The message is committed with the money, so no crash can part the two."""
    invoice = order()
    assert asked() == [invoice.id]
    pay(invoice)
    assert asked() == [invoice.id, invoice.id]


def test_what_is_paid_as_it_is_issued_is_asked_for_once(
    order: Order, asked: Callable[[], list[int]]
) -> None:
    """Most renewals are; a second message for each would be work for nothing."""
    invoice = order(paid=True)
    assert asked() == [invoice.id]


def test_documents_are_made_once_and_kept_with_their_digest(
    kernel: Kernel, order: Order, make_payer: Callable[..., Payer], kept: Kept
) -> None:
    """Whoever repeats the work, a worker that is told twice or a client, gets the same bytes."""
    invoice = order(make_payer())
    for _ in range(2):
        render_document(kernel, invoice.id)
    rows = kept()
    assert [(row.media_type, row.status, row.attempts) for row in rows] == [
        ("application/pdf", "new", 1),
        ("application/xml", "new", 1),
    ]
    for row in rows:
        assert row.content is not None
        assert row.sha256 == hashlib.sha256(row.content).hexdigest()
        document = document_of(kernel, invoice.id, Form(row.media_type))
        assert (document.content, document.sha256) == (row.content, row.sha256)


def test_a_document_that_is_not_there_yet_is_made_on_the_spot(
    kernel: Kernel, order: Order, kept: Kept
) -> None:
    """A client who is quicker than the worker waits a moment, and both agree afterwards."""
    invoice = order()
    document = document_of(kernel, invoice.id, Form.PDF)
    assert document.content.startswith(b"%PDF")
    assert document.file_name == f"{invoice.number}.pdf"
    render_document(kernel, invoice.id)
    assert [row.content for row in kept()] == [document.content]


def test_of_two_documents_made_at_once_the_first_is_kept_and_given_to_both(
    kernel: Kernel, order: Order, make_payer: Callable[..., Payer], kept: Kept
) -> None:
    """Nobody may hold a document that is not the one on record."""
    invoice = order(make_payer())
    barrier = Barrier(4)

    def fetch(_number: int) -> bytes:
        barrier.wait()
        return document_of(kernel, invoice.id, Form.PDF).content

    with ThreadPoolExecutor(4) as pool:
        contents = set(pool.map(fetch, range(4)))
    assert contents == {kept()[0].content}


def test_a_paid_invoice_gets_a_document_that_says_so_beside_the_first(
    kernel: Kernel, order: Order, pay: Callable[[Invoice], int], kept: Kept
) -> None:
    """What was handed out stays what it was; what is handed out now is true now."""
    invoice = order()
    unpaid = document_of(kernel, invoice.id, Form.PDF).content
    pay(invoice)
    paid = document_of(kernel, invoice.id, Form.PDF).content
    assert paid != unpaid
    assert [(row.status, row.content) for row in kept()] == [("new", unpaid), ("paid", paid)]
    html = document_of(kernel, invoice.id, Form.HTML).content.decode()
    assert "Paid on 31 January 2026" in html


def test_the_database_refuses_to_change_or_remove_a_document(
    kernel: Kernel, order: Order, kept: Kept
) -> None:
    """Neither a bug nor a hasty hand can alter what a company has sent."""
    document_of(kernel, order().id, Form.PDF)
    before = kept()[0].content
    for attack in (
        "UPDATE documents SET content = NULL",
        "UPDATE documents SET sha256 = 'x'",
        "UPDATE documents SET status = 'paid'",
        "DELETE FROM documents",
    ):
        with pytest.raises(DBAPIError, match=r"never changes|append-only"):
            kernel.database.run(lambda session, sql=attack: session.execute(text(sql)))  # type: ignore[misc]
    assert kept()[0].content == before


def test_a_printer_that_fails_leaves_the_money_and_is_tried_again(
    kernel: Kernel, order: Order, kept: Kept, printer: Callable[[int], BrokenPrinter]
) -> None:
    """The payment is a fact whatever becomes of its paper; the failure is on record."""
    broken = printer(2)
    invoice = order(paid=True)
    for attempt in (1, 2):
        with pytest.raises(RenderingError, match="try again later"):
            render_document(kernel, invoice.id)
        assert invoice_of(kernel, invoice.id).status == "paid"
        (row,) = kept()
        assert (row.attempts, row.content, row.failure) == (
            attempt, None, "application/pdf: MemoryError",
        )  # fmt: skip
    render_document(kernel, invoice.id)
    (row,) = kept()
    assert (row.attempts, row.failure, broken.asked) == (3, "", 3)
    assert row.content is not None


def test_one_form_that_fails_keeps_no_other_from_being_made(
    kernel: Kernel,
    order: Order,
    make_payer: Callable[..., Payer],
    kept: Kept,
    printer: Callable[[int], BrokenPrinter],
) -> None:
    """A machine that reads XML doesn't care about a missing font."""
    printer(1)
    invoice = order(make_payer())
    with pytest.raises(RenderingError):
        render_document(kernel, invoice.id)
    assert {row.media_type for row in kept() if row.content} == {"application/xml"}


def test_rendering_inside_a_transaction_is_refused(kernel: Kernel, order: Order) -> None:
    """It would hold the rows of money for as long as a printer takes."""
    invoice = order()
    with pytest.raises(RuntimeError, match="inside a database transaction"):
        kernel.database.run(lambda session: document_of(kernel, invoice.id, Form.HTML))


def test_documents_show_the_payer_of_then(
    kernel: Kernel, order: Order, make_payer: Callable[..., Payer]
) -> None:
    """A payer that moves later stays where it was on the invoices of before."""
    payer = make_payer(name="Old Name OG")
    invoice = order(payer)

    def rename(session: object) -> None:
        payer.name = "New Name OG"
        session.merge(payer)  # type: ignore[attr-defined]

    kernel.database.run(rename)
    html = document_of(kernel, invoice.id, Form.HTML).content.decode()
    assert "Old Name OG" in html
    assert "New Name OG" not in html


def test_a_credit_note_names_its_invoice_and_counts_forwards(
    kernel: Kernel, order: Order, shop: Shop
) -> None:
    """In the books its amounts are negative; on paper they are what is given back."""
    invoice = order(paid=True)
    back, zero = Money(-500, "EUR"), Money.zero("EUR")
    line = PricedLine("refund", "Thing: too slow", back, "0", zero, back, None, ())

    def issue(session: Session) -> int:
        note = issue_invoice(
            session, kernel, session.get_one(Client, shop.client.id), "credit_note", [Item(line)],
            currency="EUR", today=invoice.issued_on, corrects=invoice,
        )  # fmt: skip
        return note.id

    html = document_of(kernel, kernel.database.run(issue), Form.HTML).content.decode()
    assert f"Corrects invoice {invoice.number} of 31 January 2026" in html
    assert "Thing: too slow" in html
    assert "€5.00" in html
    assert "-5.00" not in html


def test_without_the_renderers_workers_go_on_and_html_still_works(
    kernel: Kernel, order: Order, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation without the extra is a choice, not a failure to retry for ever."""
    for name in ("typst", "facturx"):
        monkeypatch.setitem(sys.modules, name, None)
    invoice = order()
    render_document(kernel, invoice.id)
    assert kept() == []
    with pytest.raises(RendererMissingError, match=r"pip install 'billing-kernel\[documents\]'"):
        document_of(kernel, invoice.id, Form.PDF)
    assert kept() == []
    assert invoice.number.encode() in document_of(kernel, invoice.id, Form.HTML).content
