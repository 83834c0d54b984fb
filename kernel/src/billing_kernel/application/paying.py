"""Take money: from the balance, by a method, confirmed by hand; and settle invoices with it."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, GatewayCapability, InvalidInputError, Money
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.naming import require_payer_fields
from billing_kernel.application.posting import may_spend, post
from billing_kernel.application.publishing import enqueue, record_event
from billing_kernel.application.settling import settle_invoice
from billing_kernel.application.storing import chargeable
from billing_kernel.application.tasking import open_payment_task
from billing_kernel.crashpoints import crashpoint
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.ledger import Owner, draft_receipt
from billing_kernel.domain.states import (
    ATTEMPT_TRANSITIONS,
    OPEN_ATTEMPTS,
    AttemptEvent,
    AttemptState,
    InvoiceState,
    advance,
)
from billing_kernel.models import Client, Invoice, Payment, PaymentMethod


class InvoiceNotPayableError(ConflictError):
    """The invoice is paid or cancelled."""

    code = "invoice.not_payable"


class PaymentInProgressError(ConflictError):
    """Another attempt at paying this invoice is under way."""

    code = "payment.in_progress"


class MethodNotOfferedError(RuleError):
    """The payment method isn't offered by this provider, or not in this currency."""

    code = "payment_method.not_offered"


class NotConfirmableError(ConflictError):
    """The payment's method tells by itself when money came, or the payment has ended."""

    code = "payment.not_confirmable"


@dataclass(frozen=True, slots=True)
class PayWith:
    """How to pay: from the balance, by a method, or by what a method has stored."""

    balance: bool = False
    payment_method_id: int | None = None
    return_url: str = ""
    stored_method_id: int | None = None
    store_method: bool = False


def pay_invoice(
    session: Session, kernel: Kernel, invoice_id: int, client_id: int, pay_with: PayWith
) -> Payment | None:
    """Pay an invoice; None where it asks for nothing.

    From the balance it is paid when this returns; by a method, ``begin_payment`` goes on
    after the commit. Raises InvoiceNotPayableError, PaymentInProgressError,
    InsufficientFundsError, MethodNotOfferedError, InvalidInputError for a payer that lacks
    what the method needs to know.
    """
    invoice = find(session, Invoice, invoice_id, lock=True, client_id=client_id)
    if invoice.status != InvoiceState.NEW:
        raise InvoiceNotPayableError(f"invoice {invoice.number} is {invoice.status}")
    end_replaceable_attempts(session, kernel, invoice)
    if invoice.total_minor and pay_with.stored_method_id is not None:
        return _charge_stored(session, kernel, invoice, pay_with.stored_method_id)
    if not invoice.total_minor or pay_with.payment_method_id is None:
        return _pay_open(session, kernel, invoice)
    method = offered_method(
        session, kernel, pay_with.payment_method_id, invoice.provider_id, invoice.currency
    )
    require_payer_fields(session, kernel, method, invoice.payer_id)
    payment = _attempt(invoice, method)
    payment.facts = {"return_url": pay_with.return_url, "store_method": pay_with.store_method}
    session.add(payment)
    session.flush()
    enqueue(session, "begin_payment", {"payment_id": payment.id})
    return payment


def offered_method(
    session: Session, kernel: Kernel, method_id: int, provider_id: int, currency: str
) -> PaymentMethod:
    """An enabled method of a provider; MethodNotOfferedError otherwise."""
    method = session.get(PaymentMethod, method_id)
    offered = (
        method is not None
        and method.is_enabled
        and method.driver in (kernel.extensions.payment_gateways)
    )
    if method is None or not offered:
        raise MethodNotOfferedError(f"payment method {method_id} is not offered")
    if provider_id not in [row.provider_id for row in method.providers]:
        raise MethodNotOfferedError(f"payment method {method_id} is not offered")
    currencies = gateway_of(kernel, method).currencies
    if currencies and currency not in currencies:
        raise MethodNotOfferedError(f"payment method {method_id} doesn't take {currency}")
    return method


def confirm_payment(
    session: Session, kernel: Kernel, payment_id: int, captured: Money | None = None
) -> Payment:
    """An administrator saw the money arrive: all of it, or ``captured``.

    Also that of a transfer which was given up before it came. Raises NotConfirmableError for a
    payment that is booked or that its gateway watches, InvalidInputError for no amount.
    """
    payment = find(session, Payment, payment_id, lock=True)
    method = _method_of(session, payment)
    by_hand = GatewayCapability.CONFIRMED_BY_HAND in gateway_of(kernel, method).capabilities
    if payment.state == AttemptState.DONE or not by_hand:
        raise NotConfirmableError(f"payment {payment_id} is {payment.state}, or not by hand")
    if captured is None:
        captured = Money(payment.amount_minor, payment.currency)
    if captured.amount_minor <= 0:
        raise InvalidInputError([FieldError("/amount/amount_minor", "must be more than zero")])
    receive_money(session, kernel, payment, captured)
    return payment


def cancel_payment(session: Session, kernel: Kernel, payment_id: int) -> Payment:
    """Give up waiting for a payment; what comes later all the same goes to the balance.

    Raises IllegalTransitionError once it has ended.
    """
    payment = find(session, Payment, payment_id, lock=True)
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.CANCEL)
    record_event(session, kernel, "PaymentCancelled", {"payment_id": payment.id}, payment.client_id)
    return payment


def receive_money(
    session: Session,
    kernel: Kernel,
    payment: Payment,
    captured: Money,
    external_id: str | None = None,
) -> None:
    """Book what a payment brought, and settle its invoice where that is enough.

    The payment's row is locked by the caller. Too little, another currency, an invoice that
    isn't open any more or whose work can't begin: the money is the client's, on the balance,
    and a person is told. Nothing of that may keep it from being booked.
    """
    invoice = find(session, Invoice, payment.invoice_id, lock=True) if payment.invoice_id else None
    payment.state = advance(ATTEMPT_TRANSITIONS, AttemptState(payment.state), AttemptEvent.CAPTURED)
    payment.captured_minor, payment.currency = captured.amount_minor, captured.currency
    payment.external_id, payment.check_at = external_id or payment.external_id, None
    owner = Owner(payment.provider_id, payment.client_id)
    method = _method_of(session, payment)
    text = f"Payment {payment.id}"
    post(session, draft_receipt(owner, payment.id, method.id, captured, text))
    crashpoint("payment.recorded")
    facts = {
        "payment_id": payment.id,
        "amount_minor": captured.amount_minor,
        "currency": captured.currency,
    }
    record_event(session, kernel, "PaymentReceived", facts, payment.client_id)
    if invoice is None:
        pay_by_themselves(session, kernel, payment.client_id)
        return
    problem = _unexpected(invoice, captured) or _unsettled(session, kernel, invoice)
    payment.settles_invoice = not problem
    if problem:
        open_payment_task(
            session,
            kernel,
            payment,
            "unexpected_payment",
            f"payment:{payment.id}",
            "Unexpected payment",
            problem,
        )
    pay_by_themselves(session, kernel, payment.client_id)


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
        .with_for_update()
    ).all()
    paid = []
    for invoice in waiting:
        owner = Owner(invoice.provider_id, client_id)
        if may_spend(session, owner.balance(invoice.currency), invoice.total_minor):
            with suppress(ConflictError, RuleError), session.begin_nested():
                _pay_open(session, kernel, invoice)
                paid.append(invoice)
    return paid


def new_reference() -> str:
    """A payment's name at a gateway, unique among all installations."""
    return uuid4().hex


def _unexpected(invoice: Invoice, captured: Money) -> str:
    if invoice.status != InvoiceState.NEW:
        return f"{captured} came for invoice {invoice.number}, which is {invoice.status}"
    if captured.currency != invoice.currency:
        return f"{captured} came for invoice {invoice.number} in {invoice.currency}"
    if captured.amount_minor < invoice.total_minor:
        total = Money(invoice.total_minor, invoice.currency)
        return f"{captured} came for invoice {invoice.number} of {total}"
    return ""


def _unsettled(session: Session, kernel: Kernel, invoice: Invoice) -> str:
    """Settle an invoice; why it can't be, or nothing."""
    try:
        with session.begin_nested():
            settle_invoice(session, kernel, invoice)
    except (ConflictError, RuleError) as error:
        return f"invoice {invoice.number} can't be settled: {error.message}"
    return ""


def _pay_open(session: Session, kernel: Kernel, invoice: Invoice) -> Payment | None:
    """Settle an open invoice from the balance; None where it asks for nothing."""
    if not invoice.total_minor:
        settle_invoice(session, kernel, invoice)
        return None
    if invoice.kind == "advance_payment":
        raise MethodNotOfferedError("an advance payment can't be paid from the balance it fills")
    payment = _attempt(invoice, None)
    payment.state, payment.captured_minor = AttemptState.DONE, invoice.total_minor
    payment.settles_invoice = True
    session.add(payment)
    settle_invoice(session, kernel, invoice)
    return payment


def _charge_stored(session: Session, kernel: Kernel, invoice: Invoice, stored_id: int) -> Payment:
    stored = chargeable(session, invoice.client_id, stored_id)
    method = offered_method(
        session, kernel, stored.payment_method_id, invoice.provider_id, invoice.currency
    )
    payment = _attempt(invoice, method)
    payment.stored_method_id = stored.id
    session.add(payment)
    session.flush()
    enqueue(session, "charge_stored", {"payment_id": payment.id})
    return payment


def _attempt(invoice: Invoice, method: PaymentMethod | None) -> Payment:
    return Payment(
        client_id=invoice.client_id,
        provider_id=invoice.provider_id,
        invoice_id=invoice.id,
        payment_method_id=method.id if method else None,
        payer_id=invoice.payer_id,
        reference=new_reference(),
        state=AttemptState.NEW,
        amount_minor=invoice.total_minor,
        currency=invoice.currency,
    )


def end_replaceable_attempts(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Cancel what waits for a person; raises PaymentInProgressError for any other open payment.

    A transfer that is only announced gives way to another way of paying, or to none.
    """
    open_attempts = session.scalars(
        select(Payment)
        .where(Payment.invoice_id == invoice.id, Payment.state.in_(OPEN_ATTEMPTS))
        .with_for_update()
    )
    for payment in open_attempts:
        gateway = gateway_of(kernel, _method_of(session, payment))
        if GatewayCapability.CONFIRMED_BY_HAND not in gateway.capabilities:
            raise PaymentInProgressError(
                f"payment {payment.id} of invoice {invoice.number} is under way"
            )
        cancel_payment(session, kernel, payment.id)
    session.flush()


def _method_of(session: Session, payment: Payment) -> PaymentMethod:
    if payment.payment_method_id is None:
        raise NotConfirmableError(f"payment {payment.id} came from the balance")
    return session.get_one(PaymentMethod, payment.payment_method_id)
