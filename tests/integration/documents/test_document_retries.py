"""A worker whose printer is broken: the payment stands, the message waits and is tried again."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from tests.factories import invoice_of

from billing_kernel.application import documenting
from billing_kernel.application.documenting import Form
from billing_kernel.application.kernel import Kernel
from billing_kernel.documents import InvoiceDocument, render_pdf
from billing_kernel.messaging.worker import Worker
from billing_kernel.models import Document, Invoice, OutboxMessage, wall_clock
from billing_kernel.settings import Settings

PATIENCE_S = 30


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, worker_threads=1, sweep_s=1)


@pytest.fixture
def work_until(kernel: Kernel) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Let a worker work until something is so; fail if it never is."""
    worker = Worker(kernel)
    worker.start()

    def wait(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, "it never came to be"
            time.sleep(0.02)

    yield wait
    worker.stop()


def test_a_worker_tries_again_after_a_pause_and_the_payment_never_waits(
    kernel: Kernel,
    order: Callable[..., Invoice],
    kept: Callable[[], list[Document]],
    work_until: Callable[[Callable[[], bool]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole way of a fault: recorded, paused, cured, done; money first, paper later."""

    def jammed(document: InvoiceDocument) -> bytes:
        raise RuntimeError("paper jam")

    def waiting() -> list[OutboxMessage]:
        with kernel.database.reading() as session:
            return list(session.scalars(select(OutboxMessage).filter_by(actor="render_document")))

    monkeypatch.setitem(documenting.RENDERERS, Form.PDF, jammed)
    invoice = order(paid=True)
    work_until(lambda: any(message.failure for message in waiting()))
    assert invoice_of(kernel, invoice.id).status == "paid"
    (message,) = waiting()
    assert message.failure.startswith("RenderingError: ")
    assert message.due_at > wall_clock()
    (row,) = kept()
    assert (row.status, row.content, row.attempts) == ("paid", None, 1)
    assert row.failure == "application/pdf: RuntimeError"

    monkeypatch.setitem(documenting.RENDERERS, Form.PDF, render_pdf)
    kernel.database.run(
        lambda session: session.execute(update(OutboxMessage).values(due_at=wall_clock()))
    )
    work_until(lambda: not waiting())
    (row,) = kept()
    assert (row.attempts, row.failure) == (2, "")
    assert row.content is not None
    assert row.content.startswith(b"%PDF")
