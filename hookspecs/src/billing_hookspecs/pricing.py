"""Pricing policies: pure functions that decide amounts and say how they came about."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar

from billing_hookspecs.errors import FieldError
from billing_hookspecs.fields import FormField
from billing_hookspecs.money import Money
from billing_hookspecs.periods import Period
from billing_hookspecs.values import Json, LocalizedText, Value


class PolicyKind(StrEnum):
    CHARGING = "charging"
    TAX = "tax"
    LATE_FEE = "late_fee"
    TARIFF_CHANGE = "tariff_change"
    ADDON_ORDER = "addon_order"
    ADDON_CANCELLATION = "addon_cancellation"
    WEEKEND = "weekend"


class Occasion(StrEnum):
    ORDER = "order"
    RENEWAL = "renewal"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Step(Value):
    """One step of an explanation.

    ``rule`` is a stable dotted name (``charging.period``), ``inputs`` what went in (amounts in
    minor units, ISO dates, day counts, rates as strings), ``result`` what came out. ``text``
    is one English sentence for people.
    """

    rule: str
    text: str
    inputs: Mapping[str, Json] = field(default_factory=dict)
    result: Json = None


@dataclass(frozen=True, slots=True)
class ChargingSituation(Value):
    """What a charging policy sees.

    ``start_on``    first day of the period to be paid.
    ``anchor_on``   the day that renewals count from: a service of the 31st expires on the
                    28th of February and on the 31st of March.
    ``price``       list price of the whole period for one service, or for what of an addon is
                    beyond what the tariff includes.
    ``parameters``  the tariff's ``charging`` object without its ``policy``.
    ``resource_type``  which addon is charged; None for the service itself.
    """

    occasion: Occasion
    start_on: date
    anchor_on: date
    period_months: int
    price: Money
    parameters: Mapping[str, Json] = field(default_factory=dict)
    resource_type: str | None = None


@dataclass(frozen=True, slots=True)
class Charge(Value):
    """An amount before tax, the days it pays for (None: without end), and why."""

    amount: Money
    period: Period | None
    steps: tuple[Step, ...]


class PricingPolicy(ABC):
    """Base of every policy: pure, without I/O, clock or randomness.

    ``key`` is unique within ``kind``; ``version`` changes whenever the same situation could
    give another amount.
    """

    kind: ClassVar[PolicyKind]
    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    version: ClassVar[int] = 1
    parameters: ClassVar[tuple[FormField, ...]] = ()

    def check_parameters(self, parameters: Mapping[str, Json]) -> Sequence[FieldError]:
        """Find what is wrong with parameters beyond each field's own rules.

        Called:  when a tariff plan is saved, after every field was checked by itself.
        Args:    parameters  as they will be handed to the policy, defaults filled in.
        Returns: 0..n errors with pointers such as ``/price``.
        Raises:  nothing. An exception refuses the tariff plan with plugin.fault.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """
        return ()


class ChargingPolicy(PricingPolicy):
    """Decides what a period costs and which days it pays for.

    ``starts_when_active``: the first period is as long as ordered and begins on the day that
    the service becomes active, so that nobody pays for waiting. False keeps the days that the
    order's price was made for.

    ``charges_daily``: each charge pays for one day; the service has no end and isn't renewed,
    the next day is charged when it begins.
    """

    kind = PolicyKind.CHARGING
    starts_when_active: ClassVar[bool] = True
    charges_daily: ClassVar[bool] = False

    @abstractmethod
    def charge(self, situation: ChargingSituation) -> Charge:
        """Price one period.

        Called:  for every quote, order and renewal.
        Args:    situation  dates in the provider's time zone.
        Returns: Charge; rounded half up to the minor unit once, in the last step.
        Raises:  nothing. An exception refuses the quote with plugin.fault.
        Source:  docs/adr/0004-explained-amounts.md
        Since:   1.0
        """


@dataclass(frozen=True, slots=True)
class RateView(Value):
    """A tax rate in force: a decimal fraction such as ``0.20``; kind ``any`` is the fallback."""

    country: str
    customer_kind: str
    rate: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class TaxSituation(Value):
    """What a tax policy sees.

    ``customer_kind``  ``individual`` or ``company``, as the payer says, else individual.
    ``vat_number``     the payer's EU number, its format and check digits proven; "" for none.
    ``prices_include_tax``  list prices are gross.
    ``rates``          the rates of both countries that are in force on the day.
    """

    seller_country: str
    customer_country: str
    customer_kind: str
    vat_number: str
    prices_include_tax: bool
    rates: tuple[RateView, ...]
    parameters: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaxDecision(Value):
    """How a sale is taxed.

    ``rate``           what is charged, a decimal fraction such as ``0.20``.
    ``included_rate``  where list prices are gross, the rate that they include: equal to
                       ``rate`` the gross price stays, otherwise that tax is taken out first.
    ``note``           what documents must say, such as "Reverse charge".
    """

    rate: str = "0"
    included_rate: str = "0"
    note: str = ""


class TaxPolicy(PricingPolicy):
    """Decides at which rate a sale is taxed; the kernel computes and rounds."""

    kind = PolicyKind.TAX

    @abstractmethod
    def decide(self, situation: TaxSituation) -> TaxDecision:
        """Choose the rate of a sale.

        Called:  for every quote, order and renewal.
        Args:    situation  countries as two upper-case letters.
        Returns: TaxDecision.
        Raises:  nothing. An exception refuses the quote with plugin.fault.
        Source:  docs/adr/0006-tax.md
        Since:   1.0
        """


@dataclass(frozen=True, slots=True)
class Adjustment(Value):
    """A discount (negative) or surcharge on one quote line, in minor units of its currency."""

    amount_minor: int
    title: str
    rule: str


@dataclass(frozen=True, slots=True)
class QuoteView(Value):
    """A priced line before tax, as adjusting plugins see it.

    ``resource_type`` is the addon that the line is for; None for the service itself.
    """

    provider_id: int
    client_id: int | None
    product_type: str
    tariff_plan_id: int
    occasion: Occasion
    period_months: int
    quantity: int
    net: Money
    resource_type: str | None = None


@dataclass(frozen=True, slots=True)
class OrderView(Value):
    """An order about to be placed, as screening plugins see it; totals include tax."""

    provider_id: int
    client_id: int
    client_country: str
    product_type: str
    tariff_plan_id: int
    period_months: int
    quantity: int
    parameters: Mapping[str, Json]
    total: Money


@dataclass(frozen=True, slots=True)
class Objection(Value):
    """Why an order may not be placed: ``code`` is stable and dotted, ``message`` for the client."""

    code: str
    message: str
