"""Currencies come and go; amounts in them stay readable."""

import pytest

from billing_hookspecs import RETIRED_CURRENCIES, Money, UnknownCurrencyError, minor_units
from billing_kernel.application.denominating import require_current


@pytest.mark.parametrize(
    ("currency", "decimals"), [("JPY", 0), ("ISK", 0), ("EUR", 2), ("XCG", 2), ("KWD", 3)]
)
def test_decimals_are_those_of_the_standard(currency: str, decimals: int) -> None:
    """Lists for display differ from it for a dozen currencies, and would move the point."""
    assert minor_units(currency) == decimals
    require_current(currency)


@pytest.mark.parametrize(("currency", "text"), [("BGN", "12.90 BGN"), ("BYR", "1290 BYR")])
def test_amounts_of_before_stay_readable(currency: str, text: str) -> None:
    """An invoice of 2025 must be shown in 2030, whatever the standard lists by then."""
    assert str(Money(1290, currency)) == text


@pytest.mark.parametrize("currency", [*RETIRED_CURRENCIES, "XAU", "XXX", "eur", "EUX", ""])
def test_nobody_begins_to_sell_in_what_is_no_currency(currency: str) -> None:
    """Withdrawn, a metal, for testing, misspelt: no bank would carry it out."""
    with pytest.raises(UnknownCurrencyError):
        require_current(currency)
