"""The kernel's own policies keep the contract that they ask of everybody."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest

from billing_hookspecs import (
    ChargingPolicy,
    ChargingSituation,
    Money,
    Occasion,
    PaidPeriod,
    Period,
    PricingPolicy,
    TariffChangeSituation,
    round_half_up,
)
from billing_hookspecs.testing import PricingPolicyConformance
from billing_kernel.builtin import StandardPolicies
from billing_kernel.domain.policies.charging import CalendarCharging, PeriodCharging
from billing_kernel.domain.policies.tariff_changes import ChangePeriod

DAY = date(2026, 3, 1)


class TestStandardPolicies(PricingPolicyConformance):
    @pytest.fixture
    def policies(self) -> Sequence[PricingPolicy]:
        answer: Sequence[PricingPolicy] = StandardPolicies().billing_pricing_policies()
        return answer


def test_every_kind_has_the_documents_values() -> None:
    """Tariff plans of the systems that we replace name these."""
    keys: dict[str, list[str]] = {}
    for policy in StandardPolicies().billing_pricing_policies():
        keys.setdefault(policy.kind, []).append(policy.key)
    assert keys == {
        "charging": ["period", "calendar", "daily"],
        "tax": ["none", "standard"],
        "late_fee": ["none", "fixed", "percent", "from_suspension_date"],
        "tariff_change": [
            "change_period",
            "refund_difference",
            "forbidden",
            "charge_only",
            "full_payment",
        ],
        "addon_order": ["until_expiration", "full_period"],
        "addon_cancellation": ["refund", "no_refund"],
        "weekend": ["product_type", "suspend", "keep"],
    }


@pytest.mark.parametrize("policy", [PeriodCharging(), CalendarCharging()])
def test_what_has_no_end_costs_its_price_once(policy: ChargingPolicy) -> None:
    """A period of 0 months has no days to take a share of."""
    situation = ChargingSituation(
        Occasion.ORDER, DAY, DAY, 0, Money(990, "EUR"), {"pro_rata_day": 15}
    )
    charge = policy.charge(situation)
    assert (charge.amount, charge.period) == (Money(990, "EUR"), None)


def test_a_rest_that_pays_for_longer_than_the_calendar_returns() -> None:
    """A year for a cent makes what is left of a big month last for millions of years."""
    paid = PaidPeriod(Money(10**9, "EUR"), Period(DAY, date(2026, 4, 1)), 1)
    situation = TariffChangeSituation(
        DAY, paid.period.end_on, paid.period.days, paid, Money(1, "EUR"), 365,
        date(2027, 3, 1), date(2027, 4, 1),
    )  # fmt: skip
    change = ChangePeriod().decide(situation)
    days = (date.max - DAY).days
    assert change.expires_on == date.max
    assert change.amount.amount_minor == -round_half_up(10**9 - Fraction(days, 365))


def test_a_free_tariff_keeps_the_period() -> None:
    """There is nothing to spend the rest on, and no end that it would lead to."""
    paid = PaidPeriod(Money(1000, "EUR"), Period(DAY, date(2026, 4, 1)), 1)
    situation = TariffChangeSituation(
        DAY, paid.period.end_on, paid.period.days, paid, Money(0, "EUR"), 31,
        date(2026, 4, 1), date(2026, 5, 1),
    )  # fmt: skip
    change = ChangePeriod().decide(situation)
    assert (change.amount, change.expires_on) == (Money(0, "EUR"), paid.period.end_on)
