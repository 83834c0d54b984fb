"""The kernel's own policies keep the contract that they ask of everybody."""

from collections.abc import Sequence

import pytest

from billing_hookspecs import PricingPolicy
from billing_hookspecs.testing import PricingPolicyConformance
from billing_kernel.builtin import StandardPolicies


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
