"""The pluggy hooks: registration of drivers, decisions, and news.

A plugin is one class under the entry-point group ``billing.plugins``; it implements the
hooks that it needs with ``@impl`` and may take fewer arguments than a hook offers.
"""

from collections.abc import Sequence

from billing_hookspecs.allocators import IpAllocator
from billing_hookspecs.events import Event
from billing_hookspecs.gateways import PaymentGateway
from billing_hookspecs.markers import spec
from billing_hookspecs.name_servers import NameServer
from billing_hookspecs.notifications import NotificationChannel
from billing_hookspecs.pricing import Adjustment, Objection, OrderView, PricingPolicy, QuoteView
from billing_hookspecs.processing import ProcessingModule
from billing_hookspecs.product_types import ProductType

# --- registration -------------------------------------------------------------------------


@spec
def billing_product_types() -> Sequence[ProductType]:
    """Hand over the product types that this plugin defines.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n product types. A key that another plugin has quarantines the later plugin,
             in order of names.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_processing_modules() -> Sequence[ProcessingModule]:
    """Hand over the processing-module drivers of this plugin.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n stateless instances with keys of their own.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_pricing_policies() -> Sequence[PricingPolicy]:
    """Hand over pricing policies; the kernel's standard ones come through this hook too.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n pure policies, unique by kind and key.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_payment_gateways() -> Sequence[PaymentGateway]:
    """Hand over the payment-gateway drivers of this plugin.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n stateless instances with keys of their own.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_ip_allocators() -> Sequence[IpAllocator]:
    """Hand over the IP-allocator drivers of this plugin.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n stateless instances with keys of their own.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_name_servers() -> Sequence[NameServer]:
    """Hand over the name-server drivers of this plugin.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n stateless instances with keys of their own.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


@spec
def billing_notification_channels() -> Sequence[NotificationChannel]:
    """Hand over channels that carry messages to people.

    Called:  once, when the plugin is loaded.
    Args:    none.
    Returns: 0..n stateless instances with keys of their own.
    Raises:  nothing. An exception quarantines the plugin.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


# --- decisions ----------------------------------------------------------------------------


@spec
def billing_adjust_price(quote: QuoteView) -> Sequence[Adjustment]:
    """Offer discounts or surcharges on one priced line.

    Called:  while pricing, and again on every re-quote. Pure: no I/O, clock, randomness.
    Args:    quote  net list price in minor units, before tax.
    Returns: 0..n adjustments in minor units of the line's currency; negative lowers the
             price. Answers are added in plugin-name order; the line never goes below zero.
    Raises:  nothing. An exception refuses the quote with plugin.fault.
    Source:  docs/adr/0004-explained-amounts.md
    Since:   1.0
    """


@spec
def billing_screen_order(order: OrderView) -> Objection | None:
    """Object to an order before it is placed.

    Called:  once for each attempt, inside the unit of work. No I/O; budget 20 ms.
    Args:    order  totals in minor units, tax included.
    Returns: None lets it pass. Any Objection refuses it; the client is shown all of them.
    Raises:  nothing. An exception counts as the objection plugin.fault.
    Source:  docs/adr/0001-drivers-and-hooks.md
    Since:   1.0
    """


# --- news ---------------------------------------------------------------------------------


@spec
def billing_on_event(event: Event) -> None:
    """Hear what happened.

    Called:  by a worker after the commit, at least once for each (event, plugin), each
             plugin retried apart from the others.
    Args:    event  its id is the same for every delivery.
    Returns: nothing.
    Raises:  anything: the delivery is tried again with growing pauses, ten times.
    Source:  docs/adr/0002-outbox.md
    Since:   1.0
    """
