"""Give back to the balance what is held for something that won't happen."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.posting import post
from billing_kernel.domain.ledger import Owner, draft_release
from billing_kernel.models import Invoice, InvoiceLine


def release_lines(
    session: Session, paid: Iterable[tuple[InvoiceLine, Invoice]], reason: str
) -> None:
    """Return the held money of paid lines; ``reason`` is put before what they say."""
    for line, invoice in paid:
        total = Money(line.total_minor, invoice.currency)
        owner = Owner(invoice.provider_id, invoice.client_id)
        text = f"{reason}: {line.description}"
        post(session, draft_release(owner, line.id, total, text, invoice.id, line.service_id))
