"""The cart: what is in it, and what it costs."""

from collections.abc import Sequence
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.application.carting import QuotedCart, QuotedCartItem
from billing_kernel.http.shapes.base import Answer, Body, RowId
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.orders import Order
from billing_kernel.http.shapes.payments import Payment, PayWithBody
from billing_kernel.http.shapes.quotes import QuoteAnswer


class CartProblem(Answer):
    """Why an item can't be bought as it is."""

    code: str
    detail: str


class CartItem(Answer):
    """An item, what was asked for, and what it costs now.

    ``quote`` is null where it can't be bought any more; ``problem`` says why.
    """

    id: int
    kind: str
    service_id: int | None
    tariff_plan_id: int | None
    item: dict[str, Any]
    quote: QuoteAnswer | None
    problem: CartProblem | None

    @classmethod
    def of(cls, part: QuotedCartItem) -> Self:
        row, wrong = part.item, part.problem
        return cls(
            id=row.id,
            kind=row.kind,
            service_id=row.service_id,
            tariff_plan_id=row.tariff_plan_id,
            item=row.item,
            quote=QuoteAnswer.of(part.quote) if part.quote else None,
            problem=CartProblem(code=wrong.code, detail=wrong.message) if wrong else None,
        )


class RemovedItem(Answer):
    """An item that made room for another operation on its service."""

    id: int
    kind: str
    service_id: int | None
    item: dict[str, Any]

    @classmethod
    def of(cls, row: models.CartItem) -> Self:
        return cls(id=row.id, kind=row.kind, service_id=row.service_id, item=row.item)


class Cart(Answer):
    """Everything in the cart; ``total`` is of what can be bought."""

    items: list[CartItem]
    total: Money

    @classmethod
    def of(cls, cart: QuotedCart) -> Self:
        return cls(items=[CartItem.of(part) for part in cart.items], total=cart.total)


class CartItemAdded(Answer):
    """The new item, those that had to go for it, and the cart as it is now."""

    item: CartItem
    removed: list[RemovedItem]
    cart: Cart

    @classmethod
    def of(
        cls, item: models.CartItem, removed: Sequence[models.CartItem], cart: QuotedCart
    ) -> Self:
        added = next(part for part in cart.items if part.item.id == item.id)
        return cls(
            item=CartItem.of(added),
            removed=[RemovedItem.of(row) for row in removed],
            cart=Cart.of(cart),
        )


class CheckOut(Body):
    """How the whole cart is paid, and by which payer."""

    EXAMPLE = {"pay_with": {"balance": True}}

    pay_with: PayWithBody
    payer_id: RowId | None = None


class CheckedOut(Answer):
    """What the cart became: its orders and one invoice for everything. All free: no invoice."""

    orders: list[Order]
    invoice: Invoice | UnsetType = UNSET
    payment: Payment | UnsetType = UNSET
