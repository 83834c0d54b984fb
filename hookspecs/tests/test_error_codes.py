"""Errors carry codes that callers may rely on."""

import re

import pytest

from billing_hookspecs import (
    BillingError,
    FieldError,
    InvalidInputError,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
    errors,
)

CLASSES = [
    it for it in vars(errors).values() if isinstance(it, type) and issubclass(it, BillingError)
]


def test_codes_are_dotted_and_unique() -> None:
    """A frontend tells errors apart by these, in every language."""
    codes = [it.code for it in CLASSES]
    assert len(codes) == len(set(codes)) > 10
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", code) for code in codes)
    assert all("code" in vars(it) for it in CLASSES), "a class shares its parent's code"


@pytest.mark.parametrize(
    "error",
    [UpstreamRefusedError("no_funds"), UpstreamBusyError(), OutcomeUnknownError()],
    ids=lambda it: it.code,
)
def test_an_error_without_a_message_says_at_least_what_it_is(error: BillingError) -> None:
    """An empty line in a log helps nobody."""
    assert error.message == str(error) in (error.code, "no_funds")


def test_a_refusal_keeps_its_reason_beside_its_message() -> None:
    """The reason is for code, the message for people."""
    refusal = UpstreamRefusedError("no_such_plan", "The plan was withdrawn")
    assert (refusal.reason, refusal.message) == ("no_such_plan", "The plan was withdrawn")


def test_a_lack_of_funds_is_busy_with_a_longer_pause() -> None:
    """Nothing was done, and the provider's account isn't topped up within a minute."""
    assert isinstance(UpstreamFundsError(), UpstreamBusyError)
    assert UpstreamFundsError().retry_after_s > UpstreamBusyError().retry_after_s
    assert UpstreamBusyError(retry_after_s=5).retry_after_s == 5


def test_invalid_input_names_every_field_at_once() -> None:
    """Nobody likes to correct a form one field at a time."""
    error = InvalidInputError([FieldError("/a", "is required"), FieldError("/b", "is odd")])
    assert str(error) == "/a: is required; /b: is odd"
    assert [it.pointer for it in error.errors] == ["/a", "/b"]
