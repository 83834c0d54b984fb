"""Spend what is on a client's balance: settle invoices from it."""

from contextlib import suppress
from typing import Any
from uuid import uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.application.charging_days import ask_to_catch_up
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import may_spend
from billing_kernel.application.publishing import enqueue
from billing_kernel.application.settling import settle_invoice
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.states import OPEN_ATTEMPTS, AttemptState, InvoiceState
from billing_kernel.models import Client, Invoice, Payment, PaymentMethod


def pay_from_balance(session: Session, kernel: Kernel, invoice: Invoice) -> Payment | None:
    """Settle an open invoice from the balance; None where it asks for nothing.

    The invoice's row is locked by the caller. Raises what ``settle_invoice`` raises.
    """
    if not invoice.total_minor:
        settle_invoice(session, kernel, invoice)
        return None
    total = Money(invoice.total_minor, invoice.currency)
    owner = Owner(invoice.provider_id, invoice.client_id)
    payment = Payment(**paid_values(invoice.id, owner, total, invoice.payer_id))
    session.add(payment)
    settle_invoice(session, kernel, invoice)
    return payment


def pay_by_themselves(session: Session, kernel: Kernel, client_id: int) -> list[Invoice]:
    """Pay a client's open invoices from the balance, if the client wants that; those paid.

    Oldest first, skipping what doesn't fit, whose work can't begin now and what somebody is
    paying for already. Held funds are of another account: a service never gets money that an
    order holds.
    """
    client = session.get_one(Client, client_id)
    if not client.pays_from_balance:
        return []
    waiting = session.scalars(
        select(Invoice)
        .where(
            Invoice.client_id == client_id,
            Invoice.status == InvoiceState.NEW,
            Invoice.kind != "advance_payment",
            ~exists().where(Payment.invoice_id == Invoice.id, Payment.state.in_(OPEN_ATTEMPTS)),
        )
        .order_by(Invoice.id)
        # Whoever holds one is paying or cancelling it, and may wait for what we hold.
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    paid = []
    for invoice in waiting:
        owner = Owner(invoice.provider_id, client_id)
        if may_spend(session, owner.balance(invoice.currency), invoice.total_minor):
            with suppress(ConflictError, RuleError), session.begin_nested():
                pay_from_balance(session, kernel, invoice)
                paid.append(invoice)
    return paid


def spend_balance(kernel: Kernel, client_id: int) -> None:
    """Let a client's invoices pay by themselves; for workers, harmless to repeat."""
    kernel.database.run(lambda session: pay_by_themselves(session, kernel, client_id))


def ask_to_spend(session: Session, client: Client) -> None:
    """Have a worker look whether a balance that gained something pays for something now."""
    ask_to_catch_up(session, client.id)
    if client.pays_from_balance:
        enqueue(session, "spend_balance", {"client_id": client.id})


def paid_values(
    invoice_id: int, owner: Owner, total: Money, payer_id: int | None = None
) -> dict[str, Any]:
    """An attempt at paying an invoice wholly from the balance, which succeeds at once."""
    return {
        "client_id": owner.client_id,
        "provider_id": owner.provider_id,
        "invoice_id": invoice_id,
        "payer_id": payer_id,
        "reference": new_reference(),
        "state": AttemptState.DONE,
        "amount_minor": total.amount_minor,
        "currency": total.currency,
        "captured_minor": total.amount_minor,
        "captured_currency": total.currency,
        "settles_invoice": True,
    }


def new_attempt(invoice: Invoice, method: PaymentMethod) -> Payment:
    """An attempt at paying an invoice wholly by a method."""
    return Payment(
        client_id=invoice.client_id,
        provider_id=invoice.provider_id,
        invoice_id=invoice.id,
        payment_method_id=method.id,
        payer_id=invoice.payer_id,
        reference=new_reference(),
        state=AttemptState.NEW,
        amount_minor=invoice.total_minor,
        currency=invoice.currency,
    )


def new_reference() -> str:
    """A name at a gateway, unique among all installations."""
    return uuid4().hex
