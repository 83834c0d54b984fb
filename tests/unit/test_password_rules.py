"""Which passwords are accepted."""

import pytest

from billing_kernel.domain.passwords import COMMON, LENGTH_MAX, LENGTH_MIN, password_errors


@pytest.mark.parametrize(
    "password",
    ["correct horse", "x" * LENGTH_MAX, "пароль-длинный", "тайна👾тайна", "        x", "Tr0ub4dor"],
)
def test_long_enough_uncommon_passwords_are_accepted(password: str) -> None:
    """Length counts, composition doesn't: rules about digits make passwords worse."""
    assert password_errors(password) == []


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "at least"),
        ("x" * (LENGTH_MIN - 1), "at least"),
        ("x" * (LENGTH_MAX + 1), "at most"),
        ("password", "tried first"),
        ("PassWord1", "tried first"),
        ("long enough\x00", "null character"),
    ],
)
def test_a_bad_password_is_told_what_is_wrong_with_it(password: str, complaint: str) -> None:
    """A person can only mend what is named; bcrypt-like hashes stop reading at a null."""
    (error,) = password_errors(password)
    assert complaint in error


def test_everything_wrong_is_said_at_once() -> None:
    """One error a try would make registration a guessing game."""
    assert len(password_errors("\x00")) == 2


def test_listed_passwords_could_be_chosen_otherwise() -> None:
    """An entry that another rule refuses, or that isn't in lower case, would never match."""
    assert all(password_errors(common) for common in COMMON)
    assert all(len(password_errors(common)) == 1 for common in COMMON)
