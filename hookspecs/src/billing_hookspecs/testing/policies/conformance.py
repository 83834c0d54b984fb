"""Conformance of pricing policies: inherit the suite, write its fixture, run pytest."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

import pytest

from billing_hookspecs.errors import FieldError
from billing_hookspecs.money import Money
from billing_hookspecs.policies import (
    AddonAmount,
    AddonCancellationPolicy,
    AddonOrderPolicy,
    AddonSituation,
    LateFee,
    LateFeePolicy,
    LateFeeSituation,
    TariffChange,
    TariffChangePolicy,
    TariffChangeSituation,
    WeekendDecision,
    WeekendPolicy,
)
from billing_hookspecs.pricing import (
    Charge,
    ChargingPolicy,
    ChargingSituation,
    Objection,
    PricingPolicy,
    Step,
    TaxDecision,
    TaxPolicy,
)
from billing_hookspecs.testing.declarations import assert_form, assert_key, assert_title
from billing_hookspecs.testing.policies.parameters import complaints, sets_of_parameters
from billing_hookspecs.testing.policies.situations import CURRENCIES, situations_of
from billing_hookspecs.testing.suite import ConformanceSuite
from billing_hookspecs.testing.wire import assert_plain
from billing_hookspecs.values import Json, Value

DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
PROMISED: Mapping[type[PricingPolicy], tuple[type[Value], ...]] = {
    ChargingPolicy: (Charge,),
    TaxPolicy: (TaxDecision,),
    LateFeePolicy: (LateFee,),
    TariffChangePolicy: (TariffChange, Objection),
    AddonOrderPolicy: (AddonAmount,),
    AddonCancellationPolicy: (AddonAmount,),
    WeekendPolicy: (WeekendDecision,),
}

Case = tuple[PricingPolicy, Any, Any]
"""A policy, a situation, and what it answered."""


class PricingPolicyConformance(ConformanceSuite):
    """What holds for every pricing policy, of whatever kind.

    Fixture to write: ``policies``, an instance of each. The suite makes up some hundreds of
    situations for each one, with parameters that its form accepts, from 1970 to 2100, in
    currencies with no, two and three decimals.

    And where the made-up parameters make no sense: ``parameter_examples``, which maps the
    policy's key to sets of parameters as the kernel would hand them over.
    """

    @pytest.fixture
    def policies(self) -> Sequence[PricingPolicy]:
        raise NotImplementedError("write the fixture policies")

    @pytest.fixture
    def parameter_examples(self) -> Mapping[str, Sequence[Mapping[str, Json]]]:
        return {}

    @pytest.fixture
    def cases(
        self,
        policies: Sequence[PricingPolicy],
        parameter_examples: Mapping[str, Sequence[Mapping[str, Json]]],
    ) -> list[Case]:
        return [
            (policy, situation, _answer(policy, situation))
            for policy in policies
            for situation in situations_of(policy, tuple(parameter_examples.get(policy.key, ())))
        ]

    def test_policies_say_what_they_are(self, policies: Sequence[PricingPolicy]) -> None:
        """Tariff plans name them by kind and key; administrators fill their parameters in."""
        assert policies
        names = [(policy.kind, policy.key) for policy in policies]
        assert len(names) == len(set(names)), f"two policies of one kind and key: {names}"
        for policy in policies:
            assert isinstance(policy, tuple(PROMISED)), f"{policy!r} is of no kind"
            assert_key(policy.key, "policy")
            assert_title(policy.title, f"policy {policy.key}")
            assert_form(policy.parameters, f"policy {policy.key}")
            taken = {"policy"} & {field.name for field in policy.parameters}
            assert not taken, f"policy {policy.key} has a parameter {taken}, which is its own name"
            assert type(policy.version) is int, f"the version of {policy.key} is no number"
            assert policy.version >= 1, f"the version of {policy.key} is {policy.version}"

    def test_wrong_parameters_are_named(self, policies: Sequence[PricingPolicy]) -> None:
        """Whoever saves a tariff plan must see which field to change."""
        for policy in policies:
            names = {field.name for field in policy.parameters}
            for parameters in sets_of_parameters(policy, CURRENCIES[0], Random(policy.key)):
                for error in complaints(policy, parameters):
                    assert isinstance(error, FieldError), f"{policy.key} answered {error!r}"
                    pointed = error.pointer.removeprefix("/").split("/")[0]
                    assert pointed in names, f"{policy.key} complains of {error.pointer!r}"
                    assert error.detail.strip(), f"{policy.key} doesn't say what is wrong"

    def test_an_answer_is_what_the_contract_promises(self, cases: list[Case]) -> None:
        """Anything else refuses the quote."""
        for policy, situation, answer in cases:
            promised = next(it for kind, it in PROMISED.items() if isinstance(policy, kind))
            assert isinstance(answer, promised), (
                f"{policy.key} answered {answer!r} to {situation!r}"
            )

    def test_the_same_situation_gives_the_same_answer(self, cases: list[Case]) -> None:
        """What was quoted is what is invoiced; nothing that went before may matter."""
        for policy, situation, answer in reversed(cases):
            again = _answer(policy, situation)
            assert again == answer, (
                f"{policy.key} answered {answer!r} and then {again!r} to {situation!r}"
            )

    def test_answers_are_plain_values(self, cases: list[Case]) -> None:
        """They are stored with the invoice line, and read again years later."""
        for policy, _, answer in cases:
            assert_plain(answer, f"the answer of {policy.key}")

    def test_steps_lead_to_the_amount(self, cases: list[Case]) -> None:
        """An amount that doesn't follow from its steps can't be explained to anybody."""
        for policy, situation, answer in cases:
            amount = _amount(answer)
            if amount is None:
                continue
            steps: Sequence[Step] = answer.steps
            assert steps, f"{policy.key} gives no steps for {situation!r}"
            assert steps[-1].result == amount.amount_minor, (
                f"{policy.key}: the last step gives {steps[-1].result}, the amount is "
                f"{amount.amount_minor} for {situation!r}"
            )

    def test_steps_are_named_and_told(self, cases: list[Case]) -> None:
        """The rule is what programs go by, the text is what people read."""
        for policy, _, answer in cases:
            for step in getattr(answer, "steps", ()):
                assert DOTTED.fullmatch(step.rule), f"{policy.key}: rule {step.rule!r}"
                assert step.text.strip(), f"{policy.key}: step {step.rule} has no text"
            if isinstance(answer, Objection):
                assert DOTTED.fullmatch(answer.code), f"{policy.key}: code {answer.code!r}"
                assert answer.message.strip(), f"{policy.key} objects without a reason"

    def test_amounts_stay_in_their_currency(self, cases: list[Case]) -> None:
        """The kernel has no rate to convert by."""
        for policy, situation, answer in cases:
            amount = _amount(answer)
            if amount is not None:
                currency = _currency(situation)
                assert amount.currency == currency, (
                    f"{policy.key} answered in {amount.currency} where {currency} was asked"
                )

    def test_amounts_are_within_reason(self, cases: list[Case]) -> None:
        """Nobody is paid for ordering, and nobody gets back more than was paid."""
        for policy, situation, answer in cases:
            amount = _amount(answer)
            if amount is None:
                continue
            where = f"{policy.key} answered {amount} to {situation!r}"
            if isinstance(situation, TariffChangeSituation):
                assert -amount <= situation.paid.amount, f"more than was paid: {where}"
            else:
                assert amount >= Money.zero(amount.currency), f"less than nothing: {where}"
            if isinstance(policy, AddonCancellationPolicy):
                assert amount <= situation.price, f"more than was paid: {where}"

    def test_days_are_where_they_belong(self, cases: list[Case]) -> None:
        """A day that is paid twice, or not at all, is noticed by a client."""
        for policy, situation, answer in cases:
            where = f"{policy.key} answered {answer!r} to {situation!r}"
            match answer:
                case Charge(period=period) if period is not None:
                    assert period.start_on == situation.start_on, f"starts elsewhere: {where}"
                    assert period.days > 0, f"pays for no day: {where}"
                    is_daily = isinstance(policy, ChargingPolicy) and policy.charges_daily
                    assert not is_daily or period.days == 1, f"not one day: {where}"
                case LateFee(start_on=start_on):
                    assert situation.expired_on <= start_on <= situation.today, where
                case TariffChange(expires_on=expires_on, restarts_on=restarts_on):
                    assert expires_on >= situation.today, f"ends in the past: {where}"
                    if restarts_on is not None:
                        assert situation.today <= restarts_on <= expires_on, where

    def test_rates_are_decimal_fractions(self, cases: list[Case]) -> None:
        """The kernel computes with them as they stand there."""
        for policy, _, answer in cases:
            if isinstance(answer, TaxDecision):
                for rate in (answer.rate, answer.included_rate):
                    assert _is_fraction(rate), f"{policy.key} answered the rate {rate!r}"


def _answer(policy: PricingPolicy, situation: Value) -> Any:
    decide: Any = getattr(policy, "charge" if isinstance(policy, ChargingPolicy) else "decide")
    try:
        return decide(situation)
    except Exception as error:
        raise AssertionError(f"{policy.key} raised {error!r} for {situation!r}") from error


def _amount(answer: Any) -> Money | None:
    match answer:
        case Charge(amount=amount) | TariffChange(amount=amount) | AddonAmount(amount=amount):
            return amount
        case LateFee(fee=fee):
            return fee
    return None


def _currency(situation: Any) -> str:
    match situation:
        case ChargingSituation(price=price) | AddonSituation(price=price):
            return price.currency
        case TariffChangeSituation(new_price=price):
            return price.currency
        case LateFeeSituation(paid=paid):
            return paid.amount.currency
    raise TypeError(f"{type(situation).__name__} has no currency")


def _is_fraction(rate: str) -> bool:
    try:
        return 0 <= Decimal(rate) <= 1
    except InvalidOperation:
        return False
