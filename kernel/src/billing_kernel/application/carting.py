"""The cart: what a client is about to buy, order, renew or change, and what that costs now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import BillingError, Money
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.entitling import QuantityTooLargeError
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import payer_of
from billing_kernel.application.previewing import (
    AskedChange,
    AskedItem,
    AskedRenewal,
    Buyer,
    quote_all,
)
from billing_kernel.application.publishing import record_event
from billing_kernel.application.quoting import version_in_force
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.quotes import Quote
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import CartItem, Client, Provider, Service, TariffPlan

ITEMS_MAX = 100


class CartFullError(RuleError):
    """A cart has at most 100 items."""

    code = "cart.full"


@dataclass(frozen=True, slots=True)
class QuotedCartItem:
    """An item with what it costs now; without a quote ``problem`` says why it can't be bought."""

    item: CartItem
    asked: AskedItem
    quote: Quote | None
    problem: BillingError | None = None


@dataclass(frozen=True, slots=True)
class QuotedCart:
    items: tuple[QuotedCartItem, ...]
    total: Money


KINDS: Mapping[str, type[OrderItem] | type[AskedRenewal] | type[AskedChange]] = {
    "order": OrderItem,
    "renewal": AskedRenewal,
    "change": AskedChange,
}


def add_item(
    session: Session, kernel: Kernel, client_id: int, asked: AskedItem
) -> tuple[CartItem, list[CartItem]]:
    """Put something into the cart; the item, and those that had to make room for it.

    One operation on a service at a time: the one that was there goes. A suspended service may
    have two of different kinds. Raises what its quote raises, CartFullError,
    QuantityTooLargeError.
    """
    client = find(session, Client, client_id, lock=True)
    buyer = _buyer(session, client)
    quote = quote_all(session, kernel, buyer, [asked])
    present = items_of(session, client)
    removed = _conflicting(session, present, asked)
    if len(present) - len(removed) >= ITEMS_MAX:
        raise CartFullError(f"a cart has at most {ITEMS_MAX} items")
    if isinstance(asked, OrderItem):
        _refuse_too_many_at_once(session, present, asked)
    for each in removed:
        session.delete(each)
    item = CartItem(
        client_id=client.id,
        kind=next(kind for kind, shape in KINDS.items() if isinstance(asked, shape)),
        service_id=None if isinstance(asked, OrderItem) else asked.service_id,
        tariff_plan_id=None if isinstance(asked, AskedRenewal) else asked.tariff_plan_id,
        item=msgspec.to_builtins(asked),
        total_minor=quote.total.amount_minor,
        currency=quote.total.currency,
    )
    session.add(item)
    session.flush()
    if any(each.service_id == item.service_id for each in present if each not in removed):
        _price_together(session, kernel, client, item.service_id)
    return item, removed


def remove_item(session: Session, kernel: Kernel, client_id: int, item_id: int) -> None:
    """Take an item out; MissingError for none, or another's.

    What stays for its service is priced as it is without it.
    """
    client = find(session, Client, client_id, lock=True)
    item = find(session, CartItem, item_id, lock=True, client_id=client_id)
    session.delete(item)
    session.flush()
    _price_together(session, kernel, client, item.service_id)


def _price_together(
    session: Session, kernel: Kernel, client: Client, service_id: int | None
) -> None:
    """What the cart does to one service: each may change the price of the others."""
    items = items_of(session, client)
    for item in items if service_id is not None else ():
        if item.service_id == service_id:
            quoted = _quoted(session, kernel, _buyer(session, client), item, _asked(item, items))
            if quoted.quote is not None:
                total = quoted.quote.total
                item.total_minor, item.currency = total.amount_minor, total.currency
    session.flush()


def items_of(session: Session, client: Client) -> Sequence[CartItem]:
    return session.scalars(
        select(CartItem).where(CartItem.client_id == client.id).order_by(CartItem.id)
    ).all()


def quote_cart(
    session: Session, kernel: Kernel, client: Client, payer_id: int | None = None
) -> QuotedCart:
    """What everything in the cart costs now; nothing is stored."""
    buyer = replace(_buyer(session, client), payer=payer_of(session, client, payer_id))
    items = items_of(session, client)
    quoted = tuple(_quoted(session, kernel, buyer, item, _asked(item, items)) for item in items)
    zero = Money.zero(buyer.provider.currency)
    return QuotedCart(quoted, sum((part.quote.total for part in quoted if part.quote), zero))


def drop_addon(session: Session, kernel: Kernel, plan_id: int, resource_type: str) -> None:
    """An addon was changed or removed: no cart holds it any more, and its clients are told.

    Orders go on without it; a change that asked for nothing else goes.
    """
    of_plan = select(Service.id).where(Service.tariff_plan_id == plan_id)
    holding = session.scalars(
        select(CartItem)
        .where(
            ((CartItem.kind == "order") & (CartItem.tariff_plan_id == plan_id))
            | ((CartItem.kind == "change") & CartItem.service_id.in_(of_plan))
        )
        .with_for_update()
    )
    for item in holding:
        addons = dict(item.item["addons"])
        if addons.pop(resource_type, None) is None:
            continue
        goes = item.kind == "change" and not addons
        facts = {
            "cart_item_id": item.id,
            "kind": item.kind,
            "service_id": item.service_id,
            "resource_type": resource_type,
            "is_item_removed": goes,
        }
        record_event(session, kernel, "AddonLeftCart", facts, item.client_id)
        if goes:
            session.delete(item)
        else:
            item.item = {**item.item, "addons": addons}
    session.flush()


def _quoted(
    session: Session, kernel: Kernel, buyer: Buyer, item: CartItem, asked: AskedItem
) -> QuotedCartItem:
    try:
        return QuotedCartItem(item, asked, quote_all(session, kernel, buyer, [asked]))
    except BillingError as problem:
        return QuotedCartItem(item, asked, None, problem)


def _asked(item: CartItem, items: Sequence[CartItem]) -> AskedItem:
    """What is asked for; a change that is bought with a renewal is priced as coming after it."""
    asked: AskedItem = msgspec.convert(item.item, KINDS[item.kind])
    if not isinstance(asked, AskedChange):
        return asked
    for other in items:
        if other.kind == "renewal" and other.service_id == item.service_id:
            return replace(asked, after_renewal_months=other.item["period_months"])
    return asked


def _buyer(session: Session, client: Client) -> Buyer:
    return Buyer(session.get_one(Provider, client.provider_id), client)


def _conflicting(session: Session, present: Sequence[CartItem], asked: AskedItem) -> list[CartItem]:
    if isinstance(asked, OrderItem):
        return []
    same = [item for item in present if item.service_id == asked.service_id]
    if session.get_one(Service, asked.service_id).status != ServiceState.SUSPENDED:
        return same
    return [item for item in same if isinstance(asked, KINDS[item.kind])]


def _refuse_too_many_at_once(
    session: Session, present: Sequence[CartItem], asked: OrderItem
) -> None:
    """A tariff plan's maximum of simultaneous services counts per cart."""
    plan = session.get_one(TariffPlan, asked.tariff_plan_id)
    most = read_terms(version_in_force(session, plan).terms).services_per_order_max
    there = sum(
        int(item.item["quantity"])
        for item in present
        if item.kind == "order" and item.tariff_plan_id == plan.id
    )
    if there + asked.quantity > most:
        raise QuantityTooLargeError(
            f"at most {most} services of tariff plan {plan.id} at a time; the cart has {there}"
        )


def changed_prices(cart: QuotedCart) -> list[tuple[CartItem, Money]]:
    """Items that cost something else than when the client saw them last, and what."""
    return [
        (part.item, part.quote.total)
        for part in cart.items
        if part.quote is not None
        and part.quote.total != Money(part.item.total_minor, part.item.currency)
    ]
