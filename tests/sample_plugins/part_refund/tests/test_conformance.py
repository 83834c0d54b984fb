"""What every policy must do, and the numbers that this one was written for."""

from datetime import date

import pytest
from billing_sample_part_refund.plugin import PartRefundPlugin
from billing_sample_part_refund.policy import PartRefund

from billing_hookspecs import Money, PaidPeriod, Period, PricingPolicy, TariffChangeSituation
from billing_hookspecs.testing import PluginConformance, PricingPolicyConformance


class TestPartRefund(PluginConformance, PricingPolicyConformance):
    @pytest.fixture
    def plugin(self) -> type[PartRefundPlugin]:
        return PartRefundPlugin

    @pytest.fixture
    def policies(self) -> tuple[PricingPolicy, ...]:
        return (PartRefund(),)


@pytest.mark.parametrize(("price", "amount"), [(6000, 1500), (2000, -250)])
def test_halfway_through_a_month_of_thirty_euros(price: int, amount: int) -> None:
    june = Period(date(2026, 6, 1), date(2026, 7, 1))
    situation = TariffChangeSituation(
        today=date(2026, 6, 16),
        expires_on=june.end_on,
        remaining_days=15,
        paid=PaidPeriod(Money(3000, "EUR"), june, 1),
        new_price=Money(price, "EUR"),
        new_period_days=30,
        expires_if_new=date(2026, 7, 16),
        expires_if_next=date(2026, 8, 1),
        parameters={"percent": "50"},
    )
    assert PartRefund().decide(situation).amount == Money(amount, "EUR")
