"""The worked examples of the documents, policy by policy. Each id is the example's number."""

from datetime import date

import pytest

from billing_hookspecs import (
    AddonSituation,
    ChargingSituation,
    LateFeeSituation,
    Money,
    Objection,
    Occasion,
    PaidPeriod,
    Period,
    TariffChange,
    TariffChangePolicy,
    TariffChangeSituation,
)
from billing_kernel.domain.periods import days_between, overdue_days
from billing_kernel.domain.policies.addons import (
    FullPeriod,
    KeepAddonMoney,
    RefundAddon,
    UntilExpiration,
)
from billing_kernel.domain.policies.charging import CalendarCharging
from billing_kernel.domain.policies.late_fees import (
    FixedLateFee,
    NoLateFee,
    PercentLateFee,
    RenewFromSuspensionDate,
)
from billing_kernel.domain.policies.tariff_changes import (
    ChangePeriod,
    ChargeOnly,
    ForbiddenChange,
    FullPayment,
    RefundDifference,
)


def usd(amount: str) -> Money:
    return Money.from_decimal(amount, "USD")


@pytest.mark.parametrize(
    ("ordered_on", "until", "price"),
    [
        pytest.param("2026-07-12", "2026-08-01", "20.00", id="AT-28-before-the-day"),
        pytest.param("2026-07-17", "2026-09-01", "46.00", id="AT-28-after-the-day"),
        pytest.param("2026-07-14", "2026-08-01", "18.00", id="AT-28-the-day-before"),
        pytest.param("2026-07-15", "2026-09-01", "48.00", id="AT-28-the-day-itself"),
        pytest.param("2026-12-15", "2027-02-01", "48.00", id="AT-28-over-the-year"),
    ],
)
def test_a_calendar_period_ends_with_a_month(ordered_on: str, until: str, price: str) -> None:
    """31.00 for July's 31 days makes a day 1.00, so that the expected price counts days."""
    start_on = date.fromisoformat(ordered_on)
    situation = ChargingSituation(
        Occasion.ORDER, start_on, start_on, 1, usd("31.00"), {"pro_rata_day": 15}
    )
    charge = CalendarCharging().charge(situation)
    assert charge.period == Period(start_on, date.fromisoformat(until))
    assert charge.amount == usd(price)


def test_a_calendar_renewal_is_whole_months() -> None:
    """Once in step with the calendar, a renewal costs exactly its price."""
    start_on = date(2026, 8, 1)
    situation = ChargingSituation(
        Occasion.RENEWAL, start_on, start_on, 3, usd("90.00"), {"pro_rata_day": 1}
    )
    charge = CalendarCharging().charge(situation)
    assert (charge.amount, charge.period) == (usd("90.00"), Period(start_on, date(2026, 11, 1)))


def late(expired_on: date, today: date, **more: object) -> LateFeeSituation:
    """A service at 0.10 a day, last paid for the 31 days before its expiry."""
    paid = PaidPeriod(usd("3.10"), Period(date(2026, 8, 1), date(2026, 9, 1)), 1)
    return LateFeeSituation(
        expired_on,
        today,
        overdue_days(expired_on, today),
        paid,
        **more,  # type: ignore[arg-type]
    )


def test_at_33_a_fine_of_half_the_daily_cost() -> None:
    """Expired September 1st, renewed on the 5th: five days, 50 % of 0.50."""
    situation = late(date(2026, 9, 1), date(2026, 9, 5), parameters={"percent": "50"})
    fee = PercentLateFee().decide(situation)
    assert (fee.fee, fee.start_on) == (usd("0.25"), date(2026, 9, 5))


def test_at_33_a_year_has_the_same_daily_cost() -> None:
    """The daily cost is that of what was paid, also when a year was bought."""
    paid = PaidPeriod(usd("36.50"), Period(date(2025, 9, 1), date(2026, 9, 1)), 12)
    situation = LateFeeSituation(
        date(2026, 9, 1), date(2026, 9, 5), 5, paid, parameters={"percent": "50"}
    )
    assert PercentLateFee().decide(situation).fee == usd("0.25")


def test_at_34_renewing_from_the_suspension_date() -> None:
    """Expired August 3rd, renewed on the 15th: the period starts where the old one ended."""
    fee = RenewFromSuspensionDate().decide(late(date(2026, 8, 3), date(2026, 8, 15)))
    assert (fee.fee, fee.start_on) == (usd("0.00"), date(2026, 8, 3))


def test_at_36_days_served_over_a_weekend_are_paid_in_full() -> None:
    """Two days were served although they weren't paid: they cost what they cost."""
    situation = late(date(2026, 9, 5), date(2026, 9, 7), kept_days=2)
    fixed = FixedLateFee().decide(late(
        date(2026, 9, 5), date(2026, 9, 7), kept_days=2,
        parameters={"amount": {"amount_minor": 100, "currency": "USD"}},
    ))  # fmt: skip
    percent = PercentLateFee().decide(late(
        date(2026, 9, 5), date(2026, 9, 7), kept_days=2, parameters={"percent": "50"}
    ))  # fmt: skip
    assert NoLateFee().decide(situation).fee == usd("0.00")
    assert fixed.fee == usd("1.20")
    assert percent.fee == usd("0.25")


def change(new_price: str, **more: object) -> TariffChangeSituation:
    """Halfway through a month of 30 days at 30.00, to a tariff sold by the month."""
    paid = PaidPeriod(usd("30.00"), Period(date(2026, 6, 1), date(2026, 7, 1)), 1)
    return TariffChangeSituation(
        date(2026, 6, 16), date(2026, 7, 1), 15, paid, usd(new_price), 30,
        date(2026, 7, 16), date(2026, 8, 1), **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "new_price", "amount", "expires_on"),
    [
        pytest.param(ChangePeriod(), "60.00", "0.00", "2026-06-23", id="AT-37-dearer"),
        pytest.param(ChangePeriod(), "15.00", "0.00", "2026-07-16", id="AT-37-cheaper"),
        pytest.param(RefundDifference(), "60.00", "15.00", "2026-07-01", id="AT-38-upgrade"),
        pytest.param(RefundDifference(), "20.00", "-5.00", "2026-07-01", id="AT-38-downgrade"),
        pytest.param(ChargeOnly(), "60.00", "15.00", "2026-07-01", id="AT-40-upgrade"),
        pytest.param(ChargeOnly(), "20.00", "0.00", "2026-07-01", id="AT-40-downgrade"),
        pytest.param(FullPayment(), "60.00", "60.00", "2026-07-16", id="AT-41-from-today"),
    ],
)
def test_a_change_of_tariff_costs_what_its_policy_says(
    policy: TariffChangePolicy, new_price: str, amount: str, expires_on: str
) -> None:
    """One worked case for each value; 15.00 is left of 30.00 for half of the month."""
    decided = policy.decide(change(new_price))
    assert isinstance(decided, TariffChange)
    residue = usd("-1.00") if (policy.key, new_price) == ("change_period", "60.00") else usd("0")
    assert decided.amount == usd(amount) + residue
    assert decided.expires_on == date.fromisoformat(expires_on)


def test_at_37_less_than_a_days_cost_returns_to_the_balance() -> None:
    """15.00 pays for 7 days at 2.00; the last 1.00 isn't lost."""
    decided = ChangePeriod().decide(change("60.00"))
    assert decided.amount == usd("-1.00")
    assert days_between(date(2026, 6, 16), decided.expires_on) == 7


def test_at_39_a_tariff_that_cannot_be_changed() -> None:
    """The client is told why, in words and in a stable code."""
    decided = ForbiddenChange().decide(change("60.00"))
    assert isinstance(decided, Objection)
    assert decided.code == "tariff_change.forbidden"


def test_at_40_the_way_back_is_free() -> None:
    """Who went down without refund has paid for the dearer tariff already."""
    assert ChargeOnly().decide(change("60.00", is_way_back=True)).amount == usd("0.00")


def test_at_42_full_payment_from_the_expiration_date() -> None:
    """The new period starts where the old one ends; nothing is forfeited."""
    situation = change("60.00", parameters={"renew_from": "expiration_date"})
    decided = FullPayment().decide(situation)
    assert (decided.restarts_on, decided.expires_on) == (date(2026, 7, 1), date(2026, 8, 1))


def addon(today: date, paid: PaidPeriod, price: str) -> AddonSituation:
    return AddonSituation(today, days_between(today, paid.period.end_on), paid, usd(price))


def test_at_43_an_addon_until_the_expiration_date() -> None:
    """Valid until November 30th, ordered on the 15th: 15 days of a period of 30."""
    paid = PaidPeriod(usd("10.00"), Period(date(2026, 10, 31), date(2026, 11, 30)), 1)
    assert UntilExpiration().decide(addon(date(2026, 11, 15), paid, "3.00")).amount == usd("1.50")


def test_at_44_an_addon_for_the_whole_period() -> None:
    """Ordered on November 10th, the month ends on the 20th: ten days, paid in full."""
    paid = PaidPeriod(usd("10.00"), Period(date(2026, 10, 20), date(2026, 11, 20)), 1)
    assert FullPeriod().decide(addon(date(2026, 11, 10), paid, "3.00")).amount == usd("3.00")


def test_at_45_the_period_last_paid_decides() -> None:
    """A three-month renewal, two of them over: the addon is charged for three months."""
    paid = PaidPeriod(usd("30.00"), Period(date(2026, 4, 1), date(2026, 7, 1)), 3)
    decided = FullPeriod().decide(addon(date(2026, 6, 1), paid, "9.00"))
    assert decided.amount == usd("9.00")
    assert decided.steps[0].inputs["period_months"] == 3


def test_at_46_an_addon_given_up() -> None:
    """Either what was paid for the remaining days returns, or nothing does."""
    paid = PaidPeriod(usd("10.00"), Period(date(2026, 10, 31), date(2026, 11, 30)), 1)
    situation = addon(date(2026, 11, 15), paid, "3.00")
    assert RefundAddon().decide(situation).amount == usd("1.50")
    assert KeepAddonMoney().decide(situation).amount == usd("0.00")
