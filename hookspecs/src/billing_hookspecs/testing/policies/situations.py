"""Situations of every kind of policy, the same ones in each run."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from billing_hookspecs.money import Money
from billing_hookspecs.periods import Period
from billing_hookspecs.policies import (
    AddonSituation,
    LateFeeSituation,
    PaidPeriod,
    TariffChangeSituation,
    WeekendSituation,
)
from billing_hookspecs.pricing import (
    ChargingPolicy,
    ChargingSituation,
    Occasion,
    PolicyKind,
    PricingPolicy,
    RateView,
    TaxSituation,
)
from billing_hookspecs.testing.policies.parameters import complaints, sets_of_parameters
from billing_hookspecs.values import Json, Value

CURRENCIES: Final = ("EUR", "JPY", "KWD")
"""With two, no and three decimals."""
SITUATIONS_EACH: Final = 80
"""For each currency."""
FIRST, LAST = date(1970, 1, 1).toordinal(), date(2100, 12, 31).toordinal()
MONTH_ENDS = (date(2024, 1, 31), date(2024, 2, 29), date(2025, 2, 28), date(2026, 12, 31))
MONTHS = (1, 2, 3, 6, 12, 36)
COUNTRIES = ("DE", "FR", "RU", "US", "GB")


def situations_of(
    policy: PricingPolicy, examples: tuple[Mapping[str, Json], ...] = ()
) -> Iterator[Value]:
    """Situations for a policy: with the parameters in ``examples``, else with made-up ones.

    Fails if there are no parameters that ``check_parameters`` lets pass.
    """
    # The same situations in every run: a failure must be there again when somebody looks.
    random = Random(f"{policy.kind}.{policy.key}")
    for currency in CURRENCIES:
        sets = list(examples) or sets_of_parameters(policy, currency, random)
        accepted = [parameters for parameters in sets if not complaints(policy, parameters)]
        assert accepted, (
            f"check_parameters of {policy.key} turned every set of parameters away; "
            "name some that are right in the fixture parameter_examples"
        )
        for parameters in islice(cycle(accepted), SITUATIONS_EACH):
            yield _MAKERS[policy.kind](policy, currency, parameters, random)


def _charging(policy: Any, currency: str, parameters: Mapping[str, Json], random: Random) -> Value:
    anchor_on, months = _date(random), random.choice((0, *MONTHS))
    occasion = random.choice(tuple(Occasion)) if months else Occasion.ORDER
    start_on = anchor_on
    if isinstance(policy, ChargingPolicy) and policy.charges_daily:
        start_on += timedelta(days=random.choice((0, 1, 27, 28, 29, 30, random.randint(0, 2000))))
        occasion = Occasion.ORDER if start_on == anchor_on else Occasion.RENEWAL
    elif occasion is Occasion.RENEWAL:
        start_on = _months_later(anchor_on, months * random.randint(1, 5))
    return ChargingSituation(
        occasion,
        start_on,
        anchor_on,
        months,
        _amount(currency, random),
        parameters,
        random.choice((None, "disk_space")),
    )


def _late_fee(policy: Any, currency: str, parameters: Mapping[str, Json], random: Random) -> Value:
    paid = _paid(currency, random)
    days = random.choice((1, 2, 3, random.randint(1, 400)))
    today = paid.period.end_on + timedelta(days=days)
    kept_days = random.randint(0, min(2, days))
    return LateFeeSituation(paid.period.end_on, today, days + 1, paid, kept_days, parameters)


def _tariff_change(
    policy: Any, currency: str, parameters: Mapping[str, Json], random: Random
) -> Value:
    paid = _paid(currency, random)
    expires_on = paid.period.end_on
    today, remaining_days = _inside(paid.period, random)
    months = random.choice(MONTHS)
    expires_if_new = _months_later(today, months)
    return TariffChangeSituation(
        today,
        expires_on,
        remaining_days,
        paid,
        _amount(currency, random),
        (expires_if_new - today).days,
        expires_if_new,
        _months_later(expires_on, months),
        random.random() < 0.2,
        parameters,
    )


def _addon(policy: Any, currency: str, parameters: Mapping[str, Json], random: Random) -> Value:
    paid = _paid(currency, random)
    today, remaining_days = _inside(paid.period, random)
    return AddonSituation(today, remaining_days, paid, _amount(currency, random), parameters)


def _tax(policy: Any, currency: str, parameters: Mapping[str, Json], random: Random) -> Value:
    seller, customer = random.choice(COUNTRIES), random.choice(COUNTRIES)
    rates = [
        RateView(country, kind, random.choice(("0", "0.05", "0.077", "0.20")), "VAT")
        for country in sorted({seller, customer})
        for kind in random.sample(("any", "individual", "company"), random.randint(0, 3))
    ]
    return TaxSituation(
        seller,
        customer,
        random.choice(("individual", "company")),
        random.choice(("", f"{customer}123456789")),
        random.random() < 0.5,
        tuple(rates),
        parameters,
    )


def _weekend(policy: Any, currency: str, parameters: Mapping[str, Json], random: Random) -> Value:
    return WeekendSituation(_date(random), random.random() < 0.5, parameters)


_MAKERS: Final[
    Mapping[PolicyKind, Callable[[PricingPolicy, str, Mapping[str, Json], Random], Value]]
] = {
    PolicyKind.CHARGING: _charging,
    PolicyKind.TAX: _tax,
    PolicyKind.LATE_FEE: _late_fee,
    PolicyKind.TARIFF_CHANGE: _tariff_change,
    PolicyKind.ADDON_ORDER: _addon,
    PolicyKind.ADDON_CANCELLATION: _addon,
    PolicyKind.WEEKEND: _weekend,
}


def _paid(currency: str, random: Random) -> PaidPeriod:
    start_on, months = _date(random), random.choice(MONTHS)
    period = Period(start_on, _months_later(start_on, months))
    return PaidPeriod(_amount(currency, random), period, months)


def _inside(period: Period, random: Random) -> tuple[date, int]:
    """A day from the first one to the one on which the period has ended, and what is left."""
    remaining_days = random.choice((0, 1, period.days, random.randint(0, period.days)))
    return period.end_on - timedelta(days=remaining_days), remaining_days


def _amount(currency: str, random: Random) -> Money:
    return Money(random.choice((0, 1, 29, 999, random.randint(0, 10**12))), currency)


def _date(random: Random) -> date:
    return random.choice((*MONTH_ENDS, *[_any_date(random) for _ in range(8)]))


def _any_date(random: Random) -> date:
    return date.fromordinal(random.randint(FIRST, LAST))


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
