"""A policy of a plugin is chosen, checked and kept like a standard one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
from tests.factories import make_kernel
from tests.markets import HostingModule, Market, dollars

from billing_hookspecs import (
    FieldError,
    FieldKind,
    FormField,
    LateFee,
    LateFeePolicy,
    LateFeeSituation,
    Money,
    PluginManifest,
    PricingPolicy,
    impl,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.settings import Settings


class GraceFee(LateFeePolicy):
    """A fee with a ceiling, free for some days."""

    key: ClassVar[str] = "grace"
    title: ClassVar[dict[str, str]] = {"en": "Grace"}
    parameters: ClassVar[tuple[FormField, ...]] = (
        FormField("fee", {"en": "Fee"}, FieldKind.MONEY, minimum=1),
        FormField("most", {"en": "At most"}, FieldKind.MONEY, required=False),
        FormField("days", {"en": "Days"}, FieldKind.INTEGER, required=False, default=3),
    )

    def check_parameters(self, parameters: Mapping[str, Any]) -> Sequence[FieldError]:
        most = parameters.get("most")
        if most and most["amount_minor"] < parameters["fee"]["amount_minor"]:
            return [FieldError("/most", "must be at least the fee")]
        return ()

    def decide(self, situation: LateFeeSituation) -> LateFee:
        return LateFee(Money.zero(situation.paid.amount.currency), situation.today)


class GracePlugin:
    """Hands the policy over."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("grace_fees", "Grace", ">=1.0,<2")

    @impl
    def billing_pricing_policies(self) -> Sequence[PricingPolicy]:
        return (GraceFee(),)


@pytest.fixture
def kernel(settings: Settings, module: HostingModule) -> Iterator[Kernel]:
    built = make_kernel(settings, module, plugins=(GracePlugin(),))
    yield built
    built.database.close()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({}, "/fee"),
        ({"fee": dollars(0)}, "/fee"),
        ({"fee": {"amount_minor": 5, "currency": "EUR"}}, "/fee/currency"),
        ({"fee": dollars(5), "most": {"amount_minor": 9, "currency": "EUR"}}, "/most/currency"),
        ({"fee": dollars(5), "most": dollars(4)}, "/most"),
        ({"fee": dollars(5), "days": "3"}, "/days"),
        ({"fee": dollars(5), "luck": 1}, "/luck"),
    ],
)
def test_its_form_and_its_own_rules_are_checked(
    market: Market, said: dict[str, Any], pointer: str
) -> None:
    """Each field by itself, then what the policy says of all, then the currency."""
    body = market.plan_of(policies={"late_renewal_fee": {"policy": "grace", **said}})
    problem = market.administrator.refused(
        "POST", "/admin/tariff-plans", body, 400, "input.invalid"
    )
    named = [error["pointer"] for error in problem["errors"]]
    assert named == [f"/policies/late_renewal_fee{pointer}"]


def test_it_is_accepted_where_a_standard_one_is(market: Market) -> None:
    """With its defaults filled in, so that a later default doesn't change what was sold."""
    plan = market.plan(policies={"late_renewal_fee": {"policy": "grace", "fee": dollars(5)}})
    kept = plan["policies"]["late_renewal_fee"]
    assert kept == {"policy": "grace", "fee": dollars(5), "days": 3}
    body = market.plan_of(policies={"late_renewal_fee": {"policy": "mercy"}})
    problem = market.administrator.refused(
        "POST", "/admin/tariff-plans", body, 400, "input.invalid"
    )
    assert "grace" in problem["errors"][0]["detail"]
