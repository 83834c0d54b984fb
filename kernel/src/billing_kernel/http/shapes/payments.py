"""Payments, and how to pay."""

from datetime import datetime
from typing import Annotated, Any, Self

from msgspec import Meta

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel import models
from billing_kernel.application.paying import PayWith
from billing_kernel.domain.states import AttemptState, payment_status
from billing_kernel.http.shapes.base import Amount, Answer, Body, RowId
from billing_kernel.http.shapes.invoices import Invoice

ReturnUrl = Annotated[str, Meta(max_length=2000, pattern=r"^(https?://[^\s\x00-\x1f]+)?$")]


class PayWithBody(Body):
    """From the balance, by a method, or by a stored card or wallet: exactly one of the three.

    ``store_method`` says that the payer agrees to the method keeping the card or wallet,
    ``subscribe`` that renewals of what is paid for may be charged to the stored one, too.
    """

    balance: bool = False
    payment_method_id: RowId | None = None
    return_url: ReturnUrl = ""
    store_method: bool = False
    stored_payment_method_id: RowId | None = None
    subscribe: bool = False

    def choice(self) -> PayWith:
        """How to pay; raises InvalidInputError for none of the ways, or several."""
        by_method, by_stored = self.payment_method_id, self.stored_payment_method_id
        if (self.balance, by_method is not None, by_stored is not None).count(True) != 1:
            detail = (
                'must be {"balance": true}, {"payment_method_id": ...} or '
                '{"stored_payment_method_id": ...}'
            )
            raise InvalidInputError([FieldError("/pay_with", detail)])
        if self.store_method and by_method is None:
            detail = "goes with payment_method_id"
            raise InvalidInputError([FieldError("/pay_with/store_method", detail)])
        if self.subscribe and by_stored is None:
            detail = "goes with stored_payment_method_id"
            raise InvalidInputError([FieldError("/pay_with/subscribe", detail)])
        return PayWith(
            balance=self.balance,
            payment_method_id=by_method,
            return_url=self.return_url,
            stored_method_id=by_stored,
            store_method=self.store_method,
            subscribes=self.subscribe,
        )


class PayInvoice(Body):
    """How to pay an invoice."""

    pay_with: PayWithBody


class AdvancePaymentBody(Body):
    """Money for the balance, by a payment method."""

    amount: Amount
    payment_method_id: RowId
    payer_id: RowId | None = None
    return_url: ReturnUrl = ""


class ConfirmPayment(Body):
    """What arrived; null means all that was asked for."""

    amount: Amount | None = None


class Payment(Answer):
    """One attempt at paying; ``payment_method_id`` null means the balance."""

    id: int
    status: str
    amount: Money
    captured: Money
    refunded: Money
    client_id: int
    payment_method_id: int | None
    invoice_id: int | None
    redirect_url: str | None
    instructions: str
    external_id: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.Payment) -> Self:
        return cls(
            id=row.id,
            status=payment_status(
                AttemptState(row.state), row.captured_minor or 0, row.refunded_minor or 0
            ),
            amount=Money(row.amount_minor, row.currency),
            captured=row.captured,
            refunded=Money(row.refunded_minor or 0, row.captured.currency),
            client_id=row.client_id,
            payment_method_id=row.payment_method_id,
            invoice_id=row.invoice_id,
            redirect_url=row.redirect_url,
            instructions=row.instructions or "",
            external_id=row.external_id,
            created_at=row.created_at,
        )


class AdvancePayment(Payment):
    """A payment of money for the balance, with the invoice that asks for it."""

    invoice: Invoice


class StorePaymentMethod(Body):
    """Have a method keep a card or wallet, without a purchase."""

    payment_method_id: RowId
    return_url: ReturnUrl = ""

    EXAMPLE = {"payment_method_id": 3, "return_url": "https://shop.example.com/account"}


class StoringBegun(Answer):
    """A place for a card or wallet, and where to go on with it."""

    id: int
    payment_method_id: int
    redirect_url: str | None


class StoredPaymentMethod(Answer):
    """A card or wallet that can be charged; ``expires_on`` is as its gateway writes it."""

    id: int
    payment_method_id: int
    title: str
    expires_on: str
    created_at: datetime

    @classmethod
    def of(cls, row: models.StoredMethod) -> Self:
        return cls(
            id=row.id,
            payment_method_id=row.payment_method_id,
            title=row.title,
            expires_on=row.expires_on,
            created_at=row.created_at,
        )


class PaymentMethodOffer(Answer):
    """A way to pay; no ``currencies`` means every currency.

    ``payer_form`` is a JSON Schema of what a payer that is a company must tell of its bank.
    ``stores`` says that it can keep cards or wallets.
    """

    id: int
    name: str
    driver: str
    currencies: list[str]
    confirmed_by_hand: bool
    stores: bool
    payer_form: dict[str, Any]
