"""What is given back for paid days: which invoice lines it is taken from, with their own tax."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import msgspec

from billing_hookspecs import Money, Period, Step, TaxDecision, round_half_up
from billing_kernel.domain.derivations import Derivation, Derived
from billing_kernel.domain.paid import Paid
from billing_kernel.domain.periods import days_between
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.domain.refunds import RefundableLine
from billing_kernel.domain.rounding import split
from billing_kernel.domain.taxes import TaxedAmount, tax_amount


class GivenUp(msgspec.Struct, frozen=True):
    """What is given back for some days, before the tax rule: gross where prices are gross."""

    days: Period
    price: Money


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """An earned invoice line of a service: what it asked for, and what is left of that.

    ``price`` is what it cost before ``tax``, gross where ``prices_include_tax``. ``days`` are
    those that it paid for, None where they aren't known (any more).
    """

    asked: RefundableLine
    left: RefundableLine
    price: Money
    tax: TaxDecision
    prices_include_tax: bool
    days: Period | None
    resource_type: str | None = None

    def price_left(self) -> int:
        """What of the price hasn't been given back, in minor units."""
        if self.price == self.asked.total:
            return max(0, self.left.total.amount_minor)
        share = Fraction(self.left.net.amount_minor, self.asked.net.amount_minor)
        return max(0, round_half_up(self.price.amount_minor * share))

    def price_of(self, days: Period) -> int:
        """What these days cost of it and is left, in minor units rounded up.

        What went back before is what the last days cost: those before them were used.
        """
        if self.days is None or not self.days.overlaps(days):
            return 0
        start_on = max(self.days.start_on, days.start_on)
        end_on = min(self.days.end_on, days.end_on)
        price, whole = self.price.amount_minor, self.days.days
        used = price * days_between(self.days.start_on, start_on) // whole
        cost = -(-price * days_between(start_on, end_on) // whole)
        return max(0, min(cost, self.price_left() - used))

    def is_of(self, days: Period) -> bool:
        """Whether it paid for some of these days."""
        return self.days is not None and self.days.overlaps(days)

    def giving(self, price_minor: int) -> RefundableLine:
        """A part of the price with its tax, rounded half up; never more than is left."""
        if price_minor >= self.price_left():
            return self.left
        price = Money(price_minor, self.price.currency)
        taxed = tax_amount(price, self.tax, inclusive=self.prices_include_tax)
        tax = min(taxed.tax, self.left.tax)
        if taxed.total == price:
            tax = max(tax, price - self.left.net)
            return RefundableLine(self.left.line_id, price - tax, tax)
        if taxed.net >= self.left.net:
            return self.left
        return RefundableLine(self.left.line_id, taxed.net, tax)


@dataclass(frozen=True, slots=True)
class GivenPart:
    """What one invoice line gives back: of its price, and of its net amount and tax."""

    line: BoughtLine
    price: Money
    back: RefundableLine


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The parts of invoice lines that make an amount up, and what of it none could give."""

    parts: tuple[GivenPart, ...]
    missing: Money


@dataclass(slots=True)
class Bought:
    """What the invoice lines of a service have left, while a change takes from them."""

    lines: list[BoughtLine]

    def give_back(
        self, given_up: Sequence[GivenUp], currency: str, resource_type: str | None = None
    ) -> GivenBack:
        """Take amounts for days from the lines that bought these days, the newest first.

        Lines of the same resource type (None: the service itself) come before others. Each
        gives at most what the days cost in it; what is missing then comes from what else is
        left of them, and of the older lines.
        """
        wanted = [each.price.amount_minor for each in given_up]
        prices = dict.fromkeys((line.asked.line_id for line in self.lines), 0)
        for is_of_the_days in (True, False):
            for index, each in enumerate(given_up):
                for line in sorted(self.lines, key=_turn(each.days, resource_type)):
                    most = line.price_left() - prices[line.asked.line_id]
                    if is_of_the_days:
                        most = min(most, line.price_of(each.days))
                    part = max(0, min(wanted[index], most))
                    prices[line.asked.line_id] += part
                    wanted[index] -= part
        return GivenBack(tuple(self._take(prices, currency)), Money(sum(wanted), currency))

    def _take(self, prices: Mapping[int, int], currency: str) -> Iterator[GivenPart]:
        for index, line in enumerate(self.lines):
            price = prices[line.asked.line_id]
            if price:
                back = line.giving(price)
                self.lines[index] = replace(line, left=line.left.less(back))
                yield GivenPart(line, Money(price, currency), back)


@dataclass(frozen=True, slots=True)
class ReturnLine(PricedLine):
    """A line that gives back. ``given_up`` is what it will take, once the change is made.

    Where several tax rates make several lines of one amount, the first one has all of it.
    """

    given_up: tuple[GivenUp, ...] = ()


def given_up(
    paid: Paid, amount: Money, today: date, expires_on: date, new_daily: Fraction | None = None
) -> tuple[GivenUp, ...]:
    """An amount for the days that are left of paid periods, by the periods.

    Each counts with what its days cost, beyond ``new_daily`` if there is a period that costs
    more than that.
    """
    lasting = list(paid.lasting(today, expires_on))
    values = [(each.period().daily_cost_minor(), days) for each, days in lasting]
    beyond = [max(Fraction(), cost - (new_daily or 0)) * days.days for cost, days in values]
    weights = beyond if any(beyond) else [cost * days.days for cost, days in values]
    if not any(weights):
        return (GivenUp(Period(today, max(today, expires_on)), amount),)
    parts = zip(lasting, split(amount, weights), strict=True)
    return tuple(GivenUp(days, part) for (_, days), part in parts if part)


def return_lines(
    line: PricedLine,
    derivation: Derivation,
    derived: Derived,
    amounts: tuple[GivenUp, ...],
    bought: Bought,
) -> list[PricedLine]:
    """A line that gives back, taxed as what it takes was: one line for each rate of tax.

    What no invoice line can give is taxed as the sale is today.
    """
    currency = line.total.currency
    back = bought.give_back(amounts, currency, line.resource_type)
    taxed = [(part.line.tax.rate, _returned(part)) for part in back.parts]
    if back.missing:
        gross = derivation.prices_include_tax
        rest = tax_amount(-back.missing, derivation.tax, inclusive=gross)
        taxed.append((derivation.tax.rate, rest))
    steps = derived.steps[: len(derived.steps) - len(derived.taxed.steps)]
    lines: list[PricedLine] = []
    for rate in dict.fromkeys(rate for rate, _ in taxed):
        parts = [part for each, part in taxed if each == rate]
        net = sum((part.net for part in parts), Money.zero(currency))
        tax = sum((part.tax for part in parts), Money.zero(currency))
        lines.append(
            ReturnLine(
                line.kind, line.description, net, rate, tax, net + tax, line.period,
                (*steps, *(step for part in parts for step in part.steps)),
                line.period_months, line.resource_type, line.derivation,
                () if lines else amounts,
            )
        )  # fmt: skip
    return lines


def _returned(part: GivenPart) -> TaxedAmount:
    """A part as a quote shows it: below zero, and with where it comes from."""
    back, line_id = part.back, part.line.asked.line_id
    step = Step(
        "return.share",
        f"{part.price} of it returns as invoice line {line_id} was taxed: {back.net} and tax of "
        f"{part.line.tax.rate}, {back.tax}, rounded half up",
        {"invoice_line_id": line_id, "price_minor": part.price.amount_minor},
        -back.total.amount_minor,
    )
    return TaxedAmount(-back.net, -back.tax, (step,))


def _turn(
    days: Period, resource_type: str | None
) -> Callable[[BoughtLine], tuple[bool, bool, int]]:
    """Which line gives first for some days: their own, of the same resource type, the newest."""

    def turn(line: BoughtLine) -> tuple[bool, bool, int]:
        is_other = line.resource_type != resource_type
        return not line.is_of(days), is_other, -line.asked.line_id

    return turn
