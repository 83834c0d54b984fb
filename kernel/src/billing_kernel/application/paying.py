"""Pay invoices: from the balance, by a method, by a stored one; confirmed or given up by hand."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel.application.beginning import ask_to_begin
from billing_kernel.application.booking import lock_payment, receive_money
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.naming import require_payer_fields
from billing_kernel.application.settling import refuse_stale
from billing_kernel.application.spending import new_attempt, pay_from_balance
from billing_kernel.application.storing import chargeable, require_storable
from billing_kernel.application.subscribing import (
    NotSubscribableError,
    subscribable_services,
    subscribe,
)
from billing_kernel.application.withdrawing import (
    PaymentInProgressError,
    give_up,
    is_by_hand,
    lock_open_attempts,
)
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.states import AttemptState, InvoiceState
from billing_kernel.models import Invoice, Payment, PaymentMethod

NOW = timedelta(0)


CANCELLED_FOR_GOOD = "cancelled_for_good"


class InvoiceNotPayableError(ConflictError):
    """The invoice is paid or cancelled."""

    code = "invoice.not_payable"


class MethodNotOfferedError(RuleError):
    """The payment method isn't offered by this provider, or not in this currency."""

    code = "payment_method.not_offered"


class NotConfirmableError(ConflictError):
    """The payment's method tells by itself when money came, or the payment has ended."""

    code = "payment.not_confirmable"


@dataclass(frozen=True, slots=True)
class PayWith:
    """How to pay: from the balance, by a method, or by what a method has stored.

    ``subscribes`` lets renewals of what is paid for be charged to the stored method, too.
    """

    balance: bool = False
    payment_method_id: int | None = None
    return_url: str = ""
    stored_method_id: int | None = None
    store_method: bool = False
    subscribes: bool = False


def pay_invoice(
    session: Session, kernel: Kernel, invoice_id: int, client_id: int, pay_with: PayWith
) -> Payment | None:
    """Pay an invoice; None where it asks for nothing.

    From the balance it is paid when this returns; by a method, ``begin_payment`` goes on
    after the commit, by a stored one a worker. Raises InvoiceNotPayableError,
    StaleRenewalError, StaleChangeError, PaymentInProgressError, InsufficientFundsError,
    MethodNotOfferedError, NotStorableError, NotChargeableError, NotSubscribableError,
    InvalidInputError for a payer that lacks what the method needs to know.
    """
    invoice = find(session, Invoice, invoice_id, lock=True, client_id=client_id)
    if invoice.status != InvoiceState.NEW:
        raise InvoiceNotPayableError(f"invoice {invoice.number} is {invoice.status}")
    refuse_stale(session, kernel, invoice)
    end_replaceable_attempts(session, kernel, invoice)
    by_stored = pay_with.stored_method_id is not None
    if by_stored and (invoice.total_minor or pay_with.subscribes):
        return _charge_stored(session, kernel, invoice, pay_with)
    if not invoice.total_minor:
        return pay_from_balance(session, kernel, invoice)
    if pay_with.payment_method_id is not None:
        return _begin(session, kernel, invoice, pay_with, pay_with.payment_method_id)
    if invoice.kind == "advance_payment":
        raise MethodNotOfferedError("an advance payment can't be paid from the balance it fills")
    return pay_from_balance(session, kernel, invoice)


def offered_method(
    session: Session, kernel: Kernel, method_id: int, provider_id: int, currency: str
) -> PaymentMethod:
    """An enabled method of a provider; MethodNotOfferedError otherwise."""
    method = session.get(PaymentMethod, method_id)
    if (
        method is None
        or not method.is_enabled
        or method.driver not in kernel.extensions.payment_gateways
        or provider_id not in [row.provider_id for row in method.providers]
    ):
        raise MethodNotOfferedError(f"payment method {method_id} is not offered")
    currencies = gateway_of(kernel, method).currencies
    if currencies and currency not in currencies:
        raise MethodNotOfferedError(f"payment method {method_id} doesn't take {currency}")
    return method


def confirm_payment(
    session: Session, kernel: Kernel, payment_id: int, captured: Money | None = None
) -> Payment:
    """An administrator saw the money arrive: all of it, or ``captured``.

    Also that of a transfer which gave way to another payment before it came. Raises
    NotConfirmableError for a payment that is booked, that an administrator cancelled or that
    its gateway watches, InvalidInputError for no amount.
    """
    payment = lock_payment(session, payment_id)
    ended = payment.state == AttemptState.DONE or payment.facts.get(CANCELLED_FOR_GOOD)
    if ended or not is_by_hand(session, kernel, payment):
        raise NotConfirmableError(f"payment {payment_id} is {payment.state}, or not by hand")
    if captured is None:
        captured = Money(payment.amount_minor, payment.currency)
    if captured.amount_minor <= 0:
        raise InvalidInputError([FieldError("/amount/amount_minor", "must be more than zero")])
    receive_money(session, kernel, payment, captured)
    return payment


def cancel_payment(
    session: Session, kernel: Kernel, payment_id: int, *, for_good: bool = False
) -> Payment:
    """Give up waiting for a payment; what comes later all the same goes to the balance.

    ``for_good``: an administrator decided it; nobody can confirm the payment any more. Raises
    IllegalTransitionError once it has ended.
    """
    payment = lock_payment(session, payment_id)
    if for_good:
        payment.facts = {**payment.facts, CANCELLED_FOR_GOOD: True}
    give_up(session, kernel, payment)
    return payment


def _begin(
    session: Session, kernel: Kernel, invoice: Invoice, pay_with: PayWith, method_id: int
) -> Payment:
    method = offered_method(session, kernel, method_id, invoice.provider_id, invoice.currency)
    require_payer_fields(session, kernel, method, invoice.payer_id)
    if pay_with.store_method:
        require_storable(kernel, method)
    payment = new_attempt(invoice, method)
    payment.facts = {"return_url": pay_with.return_url, "store_method": pay_with.store_method}
    session.add(payment)
    session.flush()
    ask_to_begin(session, "begin_payment", payment, NOW)
    return payment


def _charge_stored(
    session: Session, kernel: Kernel, invoice: Invoice, pay_with: PayWith
) -> Payment | None:
    stored = chargeable(session, invoice.client_id, pay_with.stored_method_id or 0)
    method = offered_method(
        session, kernel, stored.payment_method_id, invoice.provider_id, invoice.currency
    )
    wanted = subscribable_services(session, kernel, invoice) if pay_with.subscribes else []
    if pay_with.subscribes and not wanted:
        raise NotSubscribableError(f"invoice {invoice.number} asks for nothing that is renewed")
    if not invoice.total_minor:
        payment = pay_from_balance(session, kernel, invoice)
        for service in wanted:
            subscribe(session, kernel, service, stored)
        return payment
    payment = new_attempt(invoice, method)
    payment.stored_method_id = stored.id
    payment.facts = {"subscribe": pay_with.subscribes}
    session.add(payment)
    session.flush()
    ask_to_begin(session, "charge_stored", payment, NOW)
    return payment


def end_replaceable_attempts(session: Session, kernel: Kernel, invoice: Invoice) -> None:
    """Cancel what waits for a person; raises PaymentInProgressError for any other open payment.

    A transfer that is only announced gives way to another way of paying, or to none.
    """
    for payment in lock_open_attempts(session, invoice):
        if not is_by_hand(session, kernel, payment):
            raise PaymentInProgressError(
                f"payment {payment.id} of invoice {invoice.number} is under way"
            )
        give_up(session, kernel, payment)
    session.flush()
