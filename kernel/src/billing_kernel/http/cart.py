"""The cart of a client."""

from typing import Any

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.carting import add_item, quote_cart, remove_item
from billing_kernel.application.checking_out import (
    CartPriceChangedError,
    check_out,
    show_new_prices,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import pay_invoice
from billing_kernel.application.previewing import AskedItem
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.payment_steps import begun_inside
from billing_kernel.http.shapes.carts import Cart, CartItemAdded, CheckedOut, CheckOut
from billing_kernel.http.shapes.invoices import Invoice
from billing_kernel.http.shapes.orders import Order
from billing_kernel.http.shapes.payments import Payment
from billing_kernel.http.shapes.quotes import QuoteItemBody

TAGS = ["Cart"]


@get("/cart", operation_id="getCart", tags=TAGS, sync_to_thread=True)
def get_cart(kernel: GivenKernel, caller: GivenCaller) -> Cart:
    """What is in your cart, priced as of now."""
    with kernel.database.reading() as session:
        return Cart.of(quote_cart(session, kernel, session.get_one(models.Client, caller.id)))


@post("/cart/items", operation_id="addCartItem", tags=TAGS, sync_to_thread=True)
def add_cart_item(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[QuoteItemBody]
) -> Response[CartItemAdded]:
    """Put an order, a renewal or a change into the cart.

    A cart has one operation for each service: the one that was there goes, and the answer
    names it. A suspended service may be renewed and changed by one cart.
    """
    return once.answer(lambda session: added(session, kernel, caller.id, data.asked("")))


@delete("/cart/items/{item_id:int}", operation_id="removeCartItem", tags=TAGS, sync_to_thread=True)
def remove_cart_item(kernel: GivenKernel, caller: GivenCaller, item_id: FromPath[int]) -> None:
    """Take something out of the cart."""
    kernel.database.run(lambda session: remove_item(session, kernel, caller.id, item_id))


@post("/cart/checkout", operation_id="checkOutCart", tags=TAGS, sync_to_thread=True)
def check_out_cart(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[CheckOut]
) -> Response[CheckedOut]:
    """Buy everything in the cart by one invoice.

    Where a price has changed since you saw it, nothing is bought and the answer has the new
    cart; asking again accepts it.
    """
    choice = data.pay_with.choice()
    changed = kernel.database.run(
        lambda session: show_new_prices(session, kernel, caller.id, data.payer_id)
    )
    if changed is not None:
        raise CartPriceChangedError(changed)

    def work(session: Session) -> CheckedOut:
        bought = check_out(session, kernel, caller.id, data.payer_id)
        payment = None
        if bought.invoice is not None:
            payment = pay_invoice(session, kernel, bought.invoice.id, caller.id, choice)
        session.flush()
        return CheckedOut(
            orders=[Order.of(order) for order in bought.orders],
            invoice=UNSET if bought.invoice is None else Invoice.of(bought.invoice),
            payment=UNSET if payment is None else Payment.of(payment),
        )

    def go_on(answer: Any) -> Any:
        return begun_inside(kernel, answer)

    return once.answer(work, afterwards=go_on)


def added(session: Session, kernel: Kernel, client_id: int, asked: AskedItem) -> CartItemAdded:
    """Put something into a client's cart; the answer to whoever did."""
    item, removed = add_item(session, kernel, client_id, asked)
    cart = quote_cart(session, kernel, session.get_one(models.Client, client_id))
    return CartItemAdded.of(item, removed, cart)


HANDLERS = [get_cart, add_cart_item, remove_cart_item, check_out_cart]
