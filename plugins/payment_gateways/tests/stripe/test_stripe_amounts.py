"""Stripe counts some currencies otherwise than ISO 4217; a mistake is a factor of a hundred."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from billing_hookspecs import (
    Money,
    OutcomeUnknownError,
    StartPayment,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import make_context, sample_start_payment
from billing_payment_gateways.stripe.amounts import from_stripe, stripe_decimals, to_stripe
from billing_payment_gateways.stripe.gateway import Stripe

REAL = sorted(it.value for it in Currency if it.exponent is not None)


@pytest.mark.parametrize(
    ("amount", "counted"),
    [
        pytest.param(Money(1099, "USD"), 1099, id="10.99 dollars"),
        pytest.param(Money(129900, "RUB"), 129900, id="1299 roubles"),
        pytest.param(Money(500, "JPY"), 500, id="500 yen"),
        pytest.param(Money(7000, "XOF"), 7000, id="7000 francs"),
        pytest.param(Money(5, "ISK"), 500, id="5 krónur are two-decimal"),
        pytest.param(Money(50000, "MGA"), 500, id="500.00 ariary are zero-decimal"),
        pytest.param(Money(1045, "HUF"), 1045, id="forint have fillér where they are charged"),
        pytest.param(Money(80045, "TWD"), 80045, id="so have Taiwan dollars"),
        pytest.param(Money(5120, "KWD"), 5120, id="5.120 dinars"),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(amount: Money, counted: int) -> None:
    assert to_stripe(amount) == counted
    assert from_stripe(counted, amount.currency.lower()) == amount


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        pytest.param(Money(5124, "KWD"), "amount", id="the last digit must be 0"),
        pytest.param(Money(50050, "MGA"), "amount", id="no fractions"),
        pytest.param(Money(5, "UGX"), "currency", id="documented in two ways"),
        pytest.param(Money(5000, "IQD"), "currency", id="three decimals, not on Stripe's list"),
        pytest.param(Money(5000, "CLF"), "currency", id="four decimals"),
    ],
)
def test_what_is_not_certain_is_refused_not_rounded(amount: Money, reason: str) -> None:
    with pytest.raises(UpstreamRefusedError) as refusal:
        to_stripe(amount)
    assert refusal.value.reason == reason


def test_a_refused_currency_is_refused_before_anything_is_asked() -> None:
    """The context reaches nothing: a request would fail in another way."""
    request: StartPayment = sample_start_payment(amount=Money(5, "UGX"))
    with pytest.raises(UpstreamRefusedError, match="UGX"):
        Stripe().start_payment(request, make_context({"secret_key": "sk"}))


@pytest.mark.parametrize(
    ("counted", "currency"), [(550, "isk"), (5, "ugx"), (5, "zzz"), (5, "x" * 500), (5, "")]
)
def test_an_answer_that_has_no_exact_meaning_is_unknown(counted: int, currency: str) -> None:
    """Booked money must be what moved; a guess would be booked for ever."""
    with pytest.raises(OutcomeUnknownError) as unknown:
        from_stripe(counted, currency)
    assert len(unknown.value.message) < 200


@given(currency=st.sampled_from(REAL), amount_minor=st.integers(1, 10**10))
def test_what_goes_out_comes_back_unchanged(currency: str, amount_minor: int) -> None:
    """In every currency there is: the same money, or a refusal."""
    amount = Money(amount_minor, currency)
    try:
        counted = to_stripe(amount)
    except UpstreamRefusedError:
        return
    assert from_stripe(counted, currency) == amount
    assert Decimal(counted).scaleb(-stripe_decimals(currency)) == amount.to_decimal()
