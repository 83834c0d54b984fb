"""Amounts, rates and dates as people write them."""

from datetime import date, timedelta

import pytest
from babel import Locale
from hypothesis import given
from hypothesis.strategies import dates, integers
from iso4217 import Currency

from billing_hookspecs import Money, Period, minor_units
from billing_kernel.documents.catalogue import catalogue_for, languages
from billing_kernel.documents.formats import Formats

NARROW = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})


def formats(language: str) -> Formats:
    words = catalogue_for(language)
    return Formats(Locale.parse(words.locale), words.period_format)


@pytest.mark.parametrize(
    ("language", "money", "amount", "with_currency"),
    [
        ("en", Money(123456789, "EUR"), "1,234,567.89", "€1,234,567.89"),
        ("en", Money(-500, "EUR"), "-5.00", "-€5.00"),
        ("en", Money(274256, "RUB"), "2,742.56", "RUB 2,742.56"),
        ("en", Money(1446500, "JPY"), "1,446,500", "JP¥1,446,500"),
        ("en", Money(1234567, "KWD"), "1,234.567", "KWD 1,234.567"),
        ("ru", Money(274256, "RUB"), "2 742,56", "2 742,56 ₽"),
        ("ru", Money(5, "EUR"), "0,05", "0,05 €"),
        ("ru", Money(0, "JPY"), "0", "0 ¥"),
    ],
)
def test_amounts_are_written_as_the_language_does(
    language: str, money: Money, amount: str, with_currency: str
) -> None:
    """The payer reads them at a glance; the currency is never in doubt."""
    written = formats(language)
    assert written.amount(money).translate(NARROW) == amount
    assert written.money(money).translate(NARROW) == with_currency


@pytest.mark.parametrize("language", languages())
def test_decimals_are_those_of_iso_4217_in_every_currency(language: str) -> None:
    """CLDR has others for a dozen currencies: an amount a hundred times too large, or too small."""
    for currency in Currency:
        if currency.exponent is None:
            continue
        written = formats(language).amount(Money(1234567, currency.code))
        digits = "".join(character for character in written if character.isdigit())
        decimals = written.replace(",", ".").rpartition(".")[2] if currency.exponent else ""
        assert digits == "1234567"
        assert len(decimals) == minor_units(currency.code), (currency.code, written)


@given(amount_minor=integers(-(10**15), 10**15))
def test_no_digit_of_an_amount_is_lost(amount_minor: int) -> None:
    """Formatting by floats would round large amounts."""
    written = formats("en").amount(Money(amount_minor, "EUR"))
    assert int(written.replace(",", "").replace(".", "")) == amount_minor


@pytest.mark.parametrize(
    ("rate", "english", "russian"),
    [
        ("0.20", "20%", "20 %"),
        ("0.055", "5.5%", "5,5 %"),
        ("0", "0%", "0 %"),
        ("0.08125", "8.125%", "8,125 %"),
    ],
)
def test_rates_are_percentages(rate: str, english: str, russian: str) -> None:
    assert formats("en").percent(rate) == english
    assert formats("ru").percent(rate).translate(NARROW) == russian


def test_dates_leave_no_doubt_which_number_is_the_month() -> None:
    """01/02/2026 is two different days on two sides of an ocean."""
    assert formats("en").day(date(2026, 2, 1)) == "1 February 2026"
    assert formats("ru").day(date(2026, 2, 1)).translate(NARROW) == "1 февраля 2026 г."


@given(start_on=dates(max_value=date(2200, 1, 1)), days=integers(1, 1000))
def test_a_period_is_written_with_its_last_day(start_on: date, days: int) -> None:
    """Periods are half-open in the books; people mean the last day that they get."""
    end_on = start_on + timedelta(days=days)
    last = formats("en").period(Period(end_on - timedelta(days=1), end_on))
    written = formats("en").period(Period(start_on, end_on))
    assert written.endswith(last)
    assert (" – " in written) is (days > 1)
