"""Services that are charged day by day, with the numbers of the documents."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Charge, ChargingSituation, Money, Occasion, Period, check_fields
from billing_kernel.domain.periods import is_day_charged, months_after
from billing_kernel.domain.policies.charging import DailyCharging

DAY_PRICE = {"price": {"amount_minor": 10, "currency": "USD"}}
SPREAD = {"by_order_period": True}


def days_of(period: Period) -> list[date]:
    return [period.start_on + timedelta(days=number) for number in range(period.days)]


def charged(
    day: date,
    anchor_on: date,
    parameters: Mapping[str, object],
    price: Money,
    months: int = 1,
    resource_type: str | None = None,
) -> Charge:
    """What one day of a service costs that began on ``anchor_on``."""
    occasion = Occasion.ORDER if day == anchor_on else Occasion.RENEWAL
    return DailyCharging().charge(
        ChargingSituation(occasion, day, anchor_on, months, price, parameters, resource_type)
    )


def sum_of(
    period: Period, parameters: Mapping[str, object], price: Money, months: int = 1, **more: str
) -> Money:
    days = days_of(period)
    return sum(
        (charged(day, period.start_on, parameters, price, months, **more).amount for day in days),
        Money.zero(price.currency),
    )


def test_at_25_a_price_for_each_day() -> None:
    """January has 31 days: 31 times 0.10 is 3.10, whatever a month would cost."""
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert sum_of(january, DAY_PRICE, Money(300, "USD")) == Money(310, "USD")


def test_at_25_the_price_of_a_month_over_thirty_days() -> None:
    """January again: 3.00 over 30 days, and the 31st costs nothing."""
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    amounts = [
        charged(day, january.start_on, SPREAD, Money(300, "USD")).amount for day in days_of(january)
    ]
    assert amounts == [Money(10, "USD")] * 30 + [Money(0, "USD")]


def test_at_25_a_short_month_costs_its_price_too() -> None:
    """February's last day takes what two more days would have cost."""
    february = Period(date(2026, 2, 1), date(2026, 3, 1))
    amounts = [
        charged(day, february.start_on, SPREAD, Money(300, "USD")).amount.amount_minor
        for day in days_of(february)
    ]
    assert amounts == [10] * 27 + [30]


@pytest.mark.parametrize(("months", "share"), [(1, 33), (3, 11), (12, 2), (36, 0)])
def test_a_longer_order_makes_a_cheaper_day(months: int, share: int) -> None:
    """10.00 over 30, 90, 360 and 1080 nominal days."""
    start_on = date(2026, 1, 1)
    first = charged(start_on, start_on, SPREAD, Money(1000, "USD"), months)
    assert first.amount == Money(share, "USD")
    assert first.period == Period(start_on, date(2026, 1, 2))
    assert first.steps[0].inputs["nominal_days"] == 30 * months


@given(
    start_on=st.dates(date(1970, 1, 1), date(2097, 12, 31)),
    months=st.sampled_from([1, 2, 3, 6, 12, 36]),
    amount=st.integers(0, 10**12) | st.integers(0, 2000),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    number=st.integers(0, 3),
    resource_type=st.sampled_from([None, "disk_space"]),
)
def test_every_period_costs_exactly_its_price(
    start_on: date,
    months: int,
    amount: int,
    currency: str,
    number: int,
    resource_type: str | None,
) -> None:
    """Not a cent more in long months, not a cent less in short ones, and never less than zero."""
    price = Money(amount, currency)
    period = Period(
        months_after(start_on, number * months), months_after(start_on, (number + 1) * months)
    )
    parameters = {"price": {"amount_minor": 7, "currency": currency}} if resource_type else SPREAD
    amounts = [
        charged(day, start_on, parameters, price, months, resource_type).amount
        for day in days_of(period)
    ]
    assert min(amounts) >= Money.zero(currency)
    assert sum(amounts, Money.zero(currency)) == price


def test_an_addon_is_spread_even_where_the_service_has_a_price_for_the_day() -> None:
    """The price of a day is that of the service; addons have prices for periods only."""
    start_on = date(2026, 4, 1)
    addon = charged(start_on, start_on, DAY_PRICE, Money(900, "USD"), resource_type="disk_space")
    service = charged(start_on, start_on, DAY_PRICE, Money(900, "USD"))
    assert (addon.amount, service.amount) == (Money(30, "USD"), Money(10, "USD"))


def test_what_has_no_end_is_paid_with_its_first_day() -> None:
    """There are no days to spread it over, and it must not be charged twice."""
    start_on = date(2026, 4, 1)
    amounts = [
        charged(day, start_on, SPREAD, Money(900, "USD"), months=0).amount.amount_minor
        for day in days_of(Period(start_on, date(2026, 4, 4)))
    ]
    assert amounts == [900, 0, 0]


@pytest.mark.parametrize(
    ("given_parameters", "detail"),
    [
        ({}, "is required unless by_order_period is true"),
        ({"by_order_period": False}, "is required unless by_order_period is true"),
        ({**DAY_PRICE, **SPREAD}, "must be left out where the price of the order period"),
        (DAY_PRICE, None),
        (SPREAD, None),
    ],
)
def test_the_day_has_one_price(given_parameters: Mapping[str, object], detail: str | None) -> None:
    """With two prices nobody knows which one counts; with none, nobody pays."""
    policy = DailyCharging()
    values, errors = check_fields(policy.parameters, given_parameters)
    assert errors == []
    found = policy.check_parameters(values)
    if detail is None:
        assert list(found) == []
    else:
        (error,) = found
        assert (error.pointer, error.detail.startswith(detail)) == ("/price", True)


@pytest.mark.parametrize(
    ("charge_while_suspended", "days"),
    [
        pytest.param(False, [1, 2, 3, 6, 7], id="AT-26-off"),
        pytest.param(True, [1, 2, 3, 4, 5, 6, 7], id="AT-26-on"),
    ],
)
def test_at_26_days_around_a_suspension(charge_while_suspended: bool, days: list[int]) -> None:
    """Suspended on June 3rd, resumed on the 6th: the 3rd was paid, the 6th is."""
    paid = [
        day
        for day in range(1, 8)
        if is_day_charged(
            date(2026, 6, day),
            date(2026, 6, 3),
            date(2026, 6, 6),
            charge_while_suspended=charge_while_suspended,
        )
    ]
    assert paid == days


def test_at_26_a_service_that_is_still_suspended() -> None:
    """However long it lasts, nothing is charged unless the tariff says so."""
    day, suspended_on = date(2027, 1, 1), date(2026, 6, 3)
    assert not is_day_charged(day, suspended_on, None, charge_while_suspended=False)
    assert is_day_charged(day, suspended_on, None, charge_while_suspended=True)
