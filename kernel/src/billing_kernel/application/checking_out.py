"""Buy the whole cart by one invoice."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from billing_kernel.application.altering import (
    ChangeAddons,
    ChangeCommand,
    PreparedChange,
    await_payment,
    begin_change,
    lock_unpaid_changes,
    prepare_change,
)
from billing_kernel.application.carting import (
    QuotedCart,
    changed_prices,
    quote_cart,
)
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.denominating import provider_for_sale
from billing_kernel.application.finding import find
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import announce_order, payer_of, record_order
from billing_kernel.application.previewing import AskedChange, AskedItem, AskedRenewal
from billing_kernel.application.renewing import (
    RenewService,
    lock_unpaid_renewals,
    prepare_renewal,
    renewal_items,
)
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.repricing import paid_by
from billing_kernel.models import Client, Invoice, Order, Payer, Provider, Service


class CartPriceChangedError(ConflictError):
    """Prices have changed since the cart was looked at; buying it again accepts them."""

    code = "cart.price_changed"

    def __init__(self, cart: QuotedCart) -> None:
        super().__init__(f"the cart costs {cart.total} now: look at it and check out again")
        self.cart = cart


class CartEmptyError(RuleError):
    """There is nothing in the cart."""

    code = "cart.empty"


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """What the cart became; ``invoice`` is None where everything in it was free."""

    invoice: Invoice | None = None
    orders: tuple[Order, ...] = ()


@dataclass(slots=True)
class _Basket:
    """What one invoice has to ask for, as it is put together."""

    client: Client
    provider: Provider
    payer: Payer | None
    items: list[Item] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    changes: list[tuple[PreparedChange, range]] = field(default_factory=list)
    renewed: dict[int, Paid | None] = field(default_factory=dict)
    tax_note: str = ""


def check_out(
    session: Session, kernel: Kernel, client_id: int, payer_id: int | None = None
) -> CheckedOut:
    """Turn the cart into one unpaid invoice and empty it.

    Raises CartEmptyError, CartPriceChangedError where something costs another price than the
    client saw last, and whatever forbids one of its items.
    """
    provider = provider_for_sale(session, client_id)
    client = find(session, Client, client_id, lock=True)
    cart = quote_cart(session, kernel, client, payer_id)
    if not cart.items:
        raise CartEmptyError("the cart is empty")
    for part in cart.items:
        if part.problem is not None:
            raise part.problem
    if changed_prices(cart):
        raise CartPriceChangedError(cart)
    basket = _Basket(client, provider, payer_of(session, client, payer_id))
    asked = [part.asked for part in cart.items]
    _lock(session, client, asked)
    for wanted in sorted(asked, key=_turn):
        _take(session, kernel, basket, wanted)
    for part in cart.items:
        session.delete(part.item)
    invoice = _invoice(session, kernel, basket)
    return CheckedOut(invoice, tuple(basket.orders))


def show_new_prices(
    session: Session, kernel: Kernel, client_id: int, payer_id: int | None = None
) -> QuotedCart | None:
    """The cart where prices have changed, and from now on its client has seen them; else None."""
    client = find(session, Client, client_id, lock=True)
    cart = quote_cart(session, kernel, client, payer_id)
    changed = changed_prices(cart)
    for item, total in changed:
        item.total_minor, item.currency = total.amount_minor, total.currency
    session.flush()
    return cart if changed else None


def _turn(asked: AskedItem) -> tuple[int, int]:
    """Orders first; of one service the renewal before the change."""
    kinds = (OrderItem, AskedRenewal, AskedChange)
    service_id = 0 if isinstance(asked, OrderItem) else asked.service_id
    return service_id, kinds.index(type(asked))


def _lock(session: Session, client: Client, asked: list[AskedItem]) -> None:
    """Unpaid invoices before the services that they are about, as whoever pays does."""
    ids = sorted({each.service_id for each in asked if not isinstance(each, OrderItem)})
    services = [find(session, Service, each, client_id=client.id) for each in ids]
    for service in services:
        lock_unpaid_renewals(session, service)
        lock_unpaid_changes(session, service)
    for each in ids:
        find(session, Service, each, lock=True)


def _take(session: Session, kernel: Kernel, basket: _Basket, asked: AskedItem) -> None:
    if isinstance(asked, OrderItem):
        recorded = record_order(
            session, kernel, basket.provider, basket.client, asked, basket.payer
        )
        basket.items += recorded.items
        basket.orders.append(recorded.order)
        basket.tax_note = recorded.tax_note or basket.tax_note
        return
    service = session.get_one(Service, asked.service_id)
    if isinstance(asked, AskedRenewal):
        command = RenewService(service.id, asked.period_months)
        priced = prepare_renewal(session, kernel, service, command, basket.payer)
        basket.items += renewal_items(service, priced)
        basket.renewed[service.id] = paid_by(priced.lines)
        basket.tax_note = priced.tax_note or basket.tax_note
        return
    payer_id = basket.payer.id if basket.payer else None
    prepared = prepare_change(
        session, kernel, service, _command(asked), payer_id, basket.renewed.get(service.id)
    )
    if prepared.items or service.id in basket.renewed:
        first = len(basket.items)
        basket.items += prepared.items
        basket.changes.append((prepared, range(first, len(basket.items))))
        basket.tax_note = prepared.tax_note or basket.tax_note
    else:
        begin_change(session, kernel, prepared.change)


def _command(asked: AskedChange) -> ChangeCommand:
    if asked.tariff_plan_id is not None:
        return ChangeTariff(asked.tariff_plan_id, asked.period_months)
    return ChangeAddons(asked.addons)


def _invoice(session: Session, kernel: Kernel, basket: _Basket) -> Invoice | None:
    if not basket.items:
        return None
    orders = basket.orders
    kind = "order" if orders else "renewal" if basket.renewed else "change"
    invoice = issue_invoice(
        session,
        kernel,
        basket.client,
        kind,
        basket.items,
        currency=basket.provider.currency,
        today=business_date(kernel.clock.now(), basket.provider.time_zone),
        order_id=orders[0].id if len(orders) == 1 and not _has_more(basket) else None,
        payer=basket.payer,
        tax_note=basket.tax_note,
    )
    for prepared, places in basket.changes:
        await_payment(prepared.change, invoice, [invoice.lines[place].id for place in places])
    for order in orders:
        announce_order(session, kernel, order, invoice)
    return invoice


def _has_more(basket: _Basket) -> bool:
    return bool(basket.changes or basket.renewed)
