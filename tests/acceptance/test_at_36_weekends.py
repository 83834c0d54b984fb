"""Services that expire on a weekend: whether they run on, and who pays for it."""

from datetime import date

import pytest

from billing_hookspecs import (
    LateFeePolicy,
    LateFeeSituation,
    Money,
    PaidPeriod,
    Period,
    WeekendPolicy,
    WeekendSituation,
)
from billing_kernel.domain.periods import kept_days, overdue_days
from billing_kernel.domain.policies.late_fees import (
    FixedLateFee,
    NoLateFee,
    PercentLateFee,
    RenewFromSuspensionDate,
)
from billing_kernel.domain.policies.weekends import (
    KeepOverWeekends,
    ProductTypeWeekend,
    SuspendOnWeekends,
)

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 9, day) for day in (4, 5, 6, 7))


@pytest.mark.parametrize(
    ("policy", "product_type_suspends", "suspended_on"),
    [
        (SuspendOnWeekends(), False, [FRIDAY, SATURDAY, SUNDAY, MONDAY]),
        (KeepOverWeekends(), True, [FRIDAY, MONDAY]),
        (ProductTypeWeekend(), True, [FRIDAY, SATURDAY, SUNDAY, MONDAY]),
        (ProductTypeWeekend(), False, [FRIDAY, MONDAY]),
    ],
)
def test_at_36_on_which_days_an_unpaid_service_is_stopped(
    policy: WeekendPolicy, product_type_suspends: bool, suspended_on: list[date]
) -> None:
    """Three settings, one of which leaves it to the product type."""
    days = [FRIDAY, SATURDAY, SUNDAY, MONDAY]
    decided = {day: policy.decide(WeekendSituation(day, product_type_suspends)) for day in days}
    assert [day for day in days if decided[day].suspends] == suspended_on
    assert all(decided[day].steps[-1].result == (day in suspended_on) for day in days)


def keeps(day: date) -> bool:
    return not KeepOverWeekends().decide(WeekendSituation(day, True)).suspends


@pytest.mark.parametrize(
    ("expired_on", "today", "days"),
    [
        (FRIDAY, date(2026, 9, 9), 0),
        (SATURDAY, date(2026, 9, 9), 2),
        (SATURDAY, MONDAY, 2),
        (SATURDAY, SUNDAY, 1),
        (SUNDAY, date(2026, 9, 9), 1),
        (SUNDAY, date(2026, 9, 20), 1),
        (MONDAY, date(2026, 9, 20), 0),
        (SATURDAY, SATURDAY, 0),
    ],
)
def test_at_36_days_served_over_a_weekend(expired_on: date, today: date, days: int) -> None:
    """They end with the weekend, or with the day before the renewal, which is paid anew."""
    assert kept_days(expired_on, today, keeps) == days


@pytest.mark.parametrize(
    ("policy", "parameters", "fee", "start_on"),
    [
        (NoLateFee(), {}, 0, date(2026, 9, 9)),
        (
            FixedLateFee(),
            {"amount": {"amount_minor": 100, "currency": "USD"}},
            120,
            date(2026, 9, 9),
        ),
        (PercentLateFee(), {"percent": "50"}, 35, date(2026, 9, 9)),
        (PercentLateFee(), {"percent": "0"}, 20, date(2026, 9, 9)),
        (RenewFromSuspensionDate(), {}, 0, SATURDAY),
    ],
)
def test_at_36_who_pays_for_the_weekend(
    policy: LateFeePolicy, parameters: dict[str, object], fee: int, start_on: date
) -> None:
    """Expired on Saturday at 0.10 a day, kept for two days, renewed on Wednesday: 5 days late.

    Two days in full are 0.20, and half of the other three is 0.15.
    """
    today = date(2026, 9, 9)
    paid = PaidPeriod(Money(310, "USD"), Period(date(2026, 8, 5), SATURDAY), 1)
    situation = LateFeeSituation(
        SATURDAY,
        today,
        overdue_days(SATURDAY, today),
        paid,
        kept_days(SATURDAY, today, keeps),
        parameters,
    )
    decided = policy.decide(situation)
    assert (decided.fee, decided.start_on) == (Money(fee, "USD"), start_on)
    assert decided.steps[-1].result == fee
