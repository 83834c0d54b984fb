"""Whoever knows the address can post to it; only Stripe's signature makes it news."""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Context, Notification, NotificationRejectedError, Secret
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.signatures import TOLERANCE_S, verify

SECRET = "whsec_0123456789abcdef"
OTHER = "whsec_fedcba9876543210"
BODY = b'{"object": "event", "amount": "\xe2\x82\xac"}'
NOW = 1_760_000_000


def signature(secret: str = SECRET, body: bytes = BODY, at: object = NOW) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


GOOD = f"t={NOW},v1={signature()}"


def test_a_good_signature_is_accepted() -> None:
    """The corpus below means nothing if everything is rejected."""
    verify(GOOD, BODY, SECRET, NOW)


def test_the_signature_is_the_documented_one() -> None:
    """Computed with openssl: one misreading can't hide both in the driver and in its tests."""
    known = "5790023bd77209313f2e32e36caf5921bdd2fac398095f83dc2d2ecd5f696f50"
    verify(f"t=1614265330,v1={known}", b"{}", "whsec_test", 1614265330.0)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="missing"),
        pytest.param("   ", id="blank"),
        pytest.param("t=", id="empty time"),
        pytest.param(f"t={NOW}", id="no signature"),
        pytest.param(f"t={NOW},v1=", id="empty signature"),
        pytest.param(f"v1={signature()}", id="no time"),
        pytest.param(f"t={NOW},v0={signature()}", id="v0 only"),
        pytest.param(f"t={NOW},v2={signature()}", id="a scheme of the future"),
        pytest.param(f"t={NOW},V1={signature()}", id="scheme in capitals"),
        pytest.param(f"t={NOW},v1={signature(OTHER)}", id="another secret"),
        pytest.param(f"t={NOW},v1={signature().upper()}", id="capital digits"),
        pytest.param(f"t={NOW},v1={signature()[:-1]}", id="cut off"),
        pytest.param(f"t={NOW},v1={signature()}0", id="too long"),
        pytest.param(f"t={NOW},v1=é{signature()[1:]}", id="not ASCII"),
        pytest.param(f"t={NOW + 1},v1={signature()}", id="another time than signed"),
        pytest.param(f"t={NOW},t={NOW + 1},v1={signature()}", id="two times"),
        pytest.param(f"t=+{NOW},v1={signature(at=f'+{NOW}')}", id="a signed time with a sign"),
        pytest.param(f"t={NOW}.0,v1={signature(at=f'{NOW}.0')}", id="a time with a fraction"),
        pytest.param(f"t=1_7,v1={signature(at='1_7')}", id="a time with an underscore"),
        pytest.param(f"t=²,v1={signature(at='²')}", id="a digit of another kind"),
        pytest.param(f"t={'9' * 5000},v1={signature(at='9' * 5000)}", id="an endless time"),
        pytest.param("\ufeff" + GOOD, id="a mark in front of the header"),
        pytest.param("v1", id="no value at all"),
        pytest.param(",,,=,=,", id="punctuation"),
    ],
)
def test_any_other_header_is_rejected(header: str) -> None:
    """Each of these was accepted by some real system once."""
    with pytest.raises(NotificationRejectedError):
        verify(header, BODY, SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(BODY + b" ", id="a space more"),
        pytest.param(BODY[:-1], id="a byte less"),
        pytest.param(b"\xef\xbb\xbf" + BODY, id="byte order mark"),
        pytest.param(BODY.replace(b"\xe2\x82\xac", b"\\u20ac"), id="the same JSON, escaped"),
        pytest.param(BODY.decode().encode("utf-16"), id="another encoding"),
    ],
)
def test_an_altered_body_is_rejected(body: bytes) -> None:
    """The signature is over bytes: the same meaning written otherwise is not what was signed."""
    with pytest.raises(NotificationRejectedError):
        verify(GOOD, body, SECRET, NOW)


@pytest.mark.parametrize("secret", ["", " ", "\t\n"])
def test_without_a_secret_nothing_is_verified(secret: str) -> None:
    """An empty key makes a signature that anybody can compute."""
    header = f"t={NOW},v1={signature(secret)}"
    with pytest.raises(NotificationRejectedError):
        verify(header, BODY, secret, NOW)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_a_secret_is_replaced_both_count(secret: str) -> None:
    """For a day there are two; a payment in that day must not be lost."""
    header = f"t={NOW},v1={signature(SECRET)},v1={signature(OTHER)},v0={signature(OTHER)}"
    verify(header, BODY, secret, NOW)


def test_the_right_one_among_many_is_enough() -> None:
    noise = ",".join(f"v1={signature(f'whsec_{number}')}" for number in range(50))
    verify(f"t={NOW},{noise},v1={signature()}", BODY, SECRET, NOW)


@pytest.mark.parametrize("offset_s", [-TOLERANCE_S, -1, 0, 1, TOLERANCE_S])
def test_a_little_difference_of_clocks_is_fine(offset_s: int) -> None:
    verify(GOOD, BODY, SECRET, NOW + offset_s)


@pytest.mark.parametrize("offset_s", [-86400, -TOLERANCE_S - 1, TOLERANCE_S + 1, 86400])
def test_old_and_future_signatures_are_rejected(offset_s: int) -> None:
    """Old ones may be replayed; one of the future would stay good until its time has passed."""
    with pytest.raises(NotificationRejectedError):
        verify(GOOD, BODY, SECRET, NOW + offset_s)


@given(header=st.text(max_size=200), body=st.binary(max_size=50))
def test_rubbish_is_rejected_and_nothing_else(header: str, body: bytes) -> None:
    """Another exception would look like a fault of ours, and Stripe would repeat it for days."""
    with pytest.raises(NotificationRejectedError):
        verify(header, body, SECRET, NOW)


@given(secret=st.text(min_size=1).filter(str.strip), body=st.binary(), at=st.integers(0, 10**11))
def test_whatever_was_signed_is_accepted(secret: str, body: bytes, at: int) -> None:
    verify(f"t={at},v1={signature(secret, body, at)}", body, secret, float(at))


@pytest.mark.parametrize("age_s", [-3600, 3600])
def test_the_driver_goes_by_the_real_clock(context: Context, age_s: int) -> None:
    """A clock that tests or administrators can set must not make old signatures good."""
    at = int(time.time()) - age_s
    secret = str(context.settings["webhook_secret"])
    header = f"t={at},v1={signature(secret, b'{}', at)}"
    with pytest.raises(NotificationRejectedError, match="another time"):
        Stripe().handle_notification(
            Notification("POST", {"stripe-signature": header}, {}, b"{}"), context
        )


@pytest.mark.parametrize("secret", ["", "  "])
def test_the_driver_refuses_without_a_secret(make: Callable[..., Context], secret: str) -> None:
    at = int(time.time())
    header = f"t={at},v1={signature(secret, b'{}', at)}"
    context = make({"webhook_secret": Secret(secret)})
    with pytest.raises(NotificationRejectedError, match="no secret"):
        Stripe().handle_notification(
            Notification("POST", {"stripe-signature": header}, {}, b"{}"), context
        )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"secret_key": "pk_live_0123456789"}, "/secret_key"),
        ({"secret_key": "sk_live_0123 456789"}, "/secret_key"),
        ({"secret_key": " sk_live_0123456789"}, "/secret_key"),
        ({"webhook_secret": "sk_live_0123456789"}, "/webhook_secret"),
        ({"webhook_secret": "   "}, "/webhook_secret"),
    ],
)
def test_mixed_up_keys_are_objected_to(changes: dict[str, Any], pointer: str) -> None:
    """Three keys look alike; the wrong one would be noticed when the first payer has paid."""
    good = {"secret_key": Secret("rk_live_0123456789"), "webhook_secret": Secret(SECRET)}
    assert Stripe().check_settings(good) == ()
    errors = Stripe().check_settings({**good, **{k: Secret(v) for k, v in changes.items()}})
    assert [error.pointer for error in errors] == [pointer]
