"""Pricing policies for what happens to a running service: late, changed, resized.

All of them are pure. Days are counted in the provider's time zone: *overdue* days count every
started calendar day, both ends (expired September 1st, renewed September 5th: 5); *remaining*
days are half-open (from November 15th to November 30th: 15). The daily cost of a service is
what was paid for a period divided by the real days of that period, an exact fraction that is
rounded half up only in the final amount.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from billing_hookspecs.money import Money
from billing_hookspecs.periods import Period
from billing_hookspecs.pricing import Objection, PolicyKind, PricingPolicy, Step
from billing_hookspecs.values import Json, Value


@dataclass(frozen=True, slots=True)
class PaidPeriod(Value):
    """What was last paid: a net amount for real days, sold as ``months`` months.

    Raises ValueError for a period without a day, which has no daily cost.
    """

    amount: Money
    period: Period
    months: int

    def __post_init__(self) -> None:
        if self.period.days < 1:
            raise ValueError(f"a paid period has at least a day, {self.period} has none")

    def daily_cost_minor(self) -> Fraction:
        """Exact minor units a day."""
        return Fraction(self.amount.amount_minor, self.period.days)


@dataclass(frozen=True, slots=True)
class LateFeeSituation(Value):
    """A service is renewed after it expired.

    ``kept_days`` are days that it was served beyond its expiry because of a weekend.
    """

    expired_on: date
    today: date
    overdue_days: int
    paid: PaidPeriod
    kept_days: int = 0
    parameters: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LateFee(Value):
    """The fee before tax, and the day that the new period starts on."""

    fee: Money
    start_on: date
    steps: tuple[Step, ...] = ()


class LateFeePolicy(PricingPolicy):
    """Decides what renewing late costs beside the renewal."""

    kind = PolicyKind.LATE_FEE

    @abstractmethod
    def decide(self, situation: LateFeeSituation) -> LateFee:
        """Price the delay and say where the new period starts.

        Called:  for every quote and renewal from the day after the expiry day on.
        Args:    situation  the last paid period gives the daily cost.
        Returns: LateFee; the fee is rounded half up once.
        Raises:  nothing. An exception refuses the quote with plugin.fault.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """


@dataclass(frozen=True, slots=True)
class TariffChangeSituation(Value):
    """A service goes over to another tariff plan today.

    ``remaining_days``   of the paid period, today included.
    ``paid``             gives the remaining days their daily cost. Where several periods were
                         paid ahead of time, what they are worth from today on.
    ``new_price``        net list price of the service's new period.
    ``new_period_days``  real days of a period of the new tariff that would begin today.
    ``expires_if_new``   end of a new period that begins today.
    ``expires_if_next``  end of a new period that begins where the paid one ends.
    ``is_way_back``      the service returns to the tariff that it left by a downgrade without
                         refund, within the period that was paid for it.
    ``next_price``       net list price of a new period that begins where the paid one ends, where
                         that may differ from ``new_price``: calendar months are of unequal parts.
    """

    today: date
    expires_on: date
    remaining_days: int
    paid: PaidPeriod
    new_price: Money
    new_period_days: int
    expires_if_new: date
    expires_if_next: date
    is_way_back: bool = False
    parameters: Mapping[str, Json] = field(default_factory=dict)
    next_price: Money | None = None


@dataclass(frozen=True, slots=True)
class TariffChange(Value):
    """What a change costs before tax (negative: to the client's balance), and the new expiry.

    ``restarts_on`` is the day that a new period begins on, None where the old one goes on.
    """

    amount: Money
    expires_on: date
    restarts_on: date | None = None
    steps: tuple[Step, ...] = ()


class TariffChangePolicy(PricingPolicy):
    """Decides what a change of tariff costs; the current tariff's policy is asked."""

    kind = PolicyKind.TARIFF_CHANGE

    @abstractmethod
    def decide(self, situation: TariffChangeSituation) -> TariffChange | Objection:
        """Price the change of tariff.

        Called:  for every preview and change.
        Args:    situation  both tariffs' amounts in the same currency.
        Returns: TariffChange, its amount rounded half up once, or the Objection that forbids it.
        Raises:  nothing. An exception refuses the change with plugin.fault.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """


@dataclass(frozen=True, slots=True)
class AddonSituation(Value):
    """More or less of an addon within a paid period.

    ``price`` is the net price of the difference for a whole period as long as the one paid.
    ``rest`` is what it costs for the remaining days where several periods that were paid at
    prices of their own last, rounded half up; None: the remaining days' share of ``price``.
    """

    today: date
    remaining_days: int
    paid: PaidPeriod
    price: Money
    parameters: Mapping[str, Json] = field(default_factory=dict)
    rest: Money | None = None


@dataclass(frozen=True, slots=True)
class AddonAmount(Value):
    """What is to be paid (order) or given back (cancellation), never negative."""

    amount: Money
    steps: tuple[Step, ...] = ()


class AddonOrderPolicy(PricingPolicy):
    """Decides what an addon costs that is ordered within a paid period."""

    kind = PolicyKind.ADDON_ORDER

    @abstractmethod
    def decide(self, situation: AddonSituation) -> AddonAmount:
        """Price an addon until the paid period ends.

        Called:  for every preview and purchase of addons.
        Args:    situation  the period last paid, not what is left of it, sets the price.
        Returns: AddonAmount, rounded half up once.
        Raises:  nothing. An exception refuses the purchase with plugin.fault.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """


class AddonCancellationPolicy(PricingPolicy):
    """Decides what is given back for an addon that is given up within a paid period."""

    kind = PolicyKind.ADDON_CANCELLATION

    @abstractmethod
    def decide(self, situation: AddonSituation) -> AddonAmount:
        """Value what is left of an addon.

        Called:  for every preview and cancellation of addons.
        Args:    situation  price is what was paid for the addon for the whole period.
        Returns: AddonAmount, rounded half up once.
        Raises:  nothing. An exception refuses the cancellation with plugin.fault.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """


@dataclass(frozen=True, slots=True)
class WeekendSituation(Value):
    """A service that wasn't paid would be suspended on this day.

    ``day``  in the provider's time zone; any day of the week.
    ``product_type_suspends``  whether services of this product type are suspended on Saturdays
             and Sundays where the tariff plan leaves that to it.
    """

    day: date
    product_type_suspends: bool
    parameters: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WeekendDecision(Value):
    """Whether the service is suspended on this day; otherwise the next day is asked about."""

    suspends: bool
    steps: tuple[Step, ...] = ()


class WeekendPolicy(PricingPolicy):
    """Decides whether a suspension waits until the weekend is over."""

    kind = PolicyKind.WEEKEND

    @abstractmethod
    def decide(self, situation: WeekendSituation) -> WeekendDecision:
        """Suspend a service on this day, or keep it running.

        Called:  on each day on which an unpaid service would be suspended, and on renewal for
                 each day since the expiry, to count the days that it was kept.
        Args:    situation  nothing of the service: all of a tariff plan are treated alike.
        Returns: WeekendDecision.
        Raises:  nothing. An exception leaves the service running until the next run.
        Source:  docs/adr/0008-policies.md
        Since:   1.0
        """
