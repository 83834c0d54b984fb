"""Tax numbers: what is on an invoice must be the payer's, or the payer can't deduct the tax."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from billing_kernel.domain.countries import COUNTRIES, EU, country_complaint
from billing_kernel.domain.tax_numbers import (
    checked_inn,
    checked_kpp,
    checked_vat_number,
    vat_prefix,
)

DIGITS = "0123456789"
COMPANY_INN = "7707083893"
PERSONAL_INN = "500100732259"


def one_digit_wrong(number: str, start: int = 0) -> list[str]:
    """Every number that differs from this one in exactly one digit."""
    return [
        f"{number[:place]}{digit}{number[place + 1 :]}"
        for place in range(start, len(number))
        if number[place].isdigit()
        for digit in DIGITS
        if digit != number[place]
    ]


def passing(numbers: list[str], kind: str | None = None) -> list[str]:
    passed = []
    for number in numbers:
        try:
            passed.append(checked_inn(number, kind))
        except ValueError:
            continue
    return passed


def test_numbers_have_the_length_of_their_kind() -> None:
    """A company's number on a person's invoice makes it void."""
    assert checked_inn("77 07 083893", "company") == COMPANY_INN
    assert checked_inn(PERSONAL_INN, "individual") == PERSONAL_INN
    with pytest.raises(ValueError, match="must have 12 digits"):
        checked_inn(COMPANY_INN, "individual")
    with pytest.raises(ValueError, match="sole proprietor"):
        checked_inn(PERSONAL_INN, "company")


def test_a_seller_may_have_either_kind_of_number() -> None:
    """Providers are companies or sole proprietors; their own record doesn't say which."""
    assert checked_inn(COMPANY_INN) == COMPANY_INN
    assert checked_inn(PERSONAL_INN) == PERSONAL_INN
    with pytest.raises(ValueError, match="10 or 12"):
        checked_inn("12345678901")


@pytest.mark.parametrize("number", [COMPANY_INN, PERSONAL_INN])
def test_one_wrong_digit_of_these_numbers_never_passes(number: str) -> None:
    """Remainders of ten and of zero share a check digit, so a few numbers are less safe."""
    assert passing(one_digit_wrong(number)) == []


@given(st.text(DIGITS, min_size=9, max_size=9), st.integers(0, 8))
def test_of_all_digits_in_one_place_at_most_two_fit_a_check_digit(base: str, place: int) -> None:
    """The promise of the scheme: of ten digits in a place only two can share a check digit."""
    numbers = [f"{base[:place]}{digit}{base[place + 1 :]}0" for digit in DIGITS]
    assert len(passing(numbers, "company")) <= 2


@pytest.mark.parametrize("number", ["", "77070838930", "770708389x", "٧٧٠٧٠٨٣٨٩٣"])
def test_what_is_no_inn_is_refused(number: str) -> None:
    """Digits of other scripts look right and are none."""
    with pytest.raises(ValueError):
        checked_inn(number, "company")


def test_the_kpp_may_have_letters_in_the_middle() -> None:
    """The fifth and sixth characters are a reason code, which may have capitals."""
    assert checked_kpp("770701001") == "770701001"
    assert checked_kpp("7707ab001") == "7707AB001"
    for wrong in ("77070100", "7707010010", "x70701001", "77070100x"):
        with pytest.raises(ValueError, match="9 characters"):
            checked_kpp(wrong)


VAT_NUMBERS = {
    "AT": "ATU13585627",
    "BE": "BE0403019261",
    "DE": "DE136695976",
    "ES": "ESA13585625",
    "FR": "FR61954506077",
    "GR": "EL094259216",
    "HR": "HR33392005961",
    "IT": "IT00743110157",
    "LU": "LU15027442",
    "NL": "NL004495445B01",
    "PL": "PL8567346215",
    "SE": "SE123456789701",
}


@pytest.mark.parametrize(("country", "number"), VAT_NUMBERS.items())
def test_numbers_of_member_states_are_taken(country: str, number: str) -> None:
    """With and without the spaces that people write."""
    assert checked_vat_number(number, country) == number
    assert checked_vat_number(f"{number[:4]} {number[4:].lower()}", country) == number


@pytest.mark.parametrize("country", ["BE", "DE", "FR", "HR", "IT", "LU"])
def test_one_wrong_digit_of_a_vat_number_never_passes(country: str) -> None:
    """Member states whose scheme promises it: Luhn, ISO 7064, remainders of primes."""
    for wrong in one_digit_wrong(VAT_NUMBERS[country], start=2):
        with pytest.raises(ValueError):
            checked_vat_number(wrong, country)


@given(st.text(DIGITS, min_size=8, max_size=8).filter(lambda text: text[0] != "0"))
def test_one_wrong_digit_of_any_german_number_never_passes(base: str) -> None:
    """ISO 7064 with moduli 11 and 10 catches every single digit, whatever the number."""
    number = f"DE{base}{mod_11_10.calc_check_digit(base)}"
    assert checked_vat_number(number, "DE") == number
    for wrong in one_digit_wrong(number, start=2):
        with pytest.raises(ValueError):
            checked_vat_number(wrong, "DE")


def test_greece_is_gr_on_the_map_and_el_on_its_numbers() -> None:
    """The one country whose prefix isn't its code; the code as prefix is refused, with a hint."""
    assert vat_prefix("GR") == "EL"
    with pytest.raises(ValueError, match="must begin with EL"):
        checked_vat_number("GR094259216", "GR")
    assert "GR" in country_complaint("EL")


def test_the_number_must_be_of_the_payers_own_country() -> None:
    """A number of another state would move the tax there on paper only."""
    with pytest.raises(ValueError, match="must begin with FR"):
        checked_vat_number(VAT_NUMBERS["DE"], "FR")


def test_numbers_of_northern_ireland_are_for_goods_only() -> None:
    """Services to Northern Ireland are taxed as those to Great Britain: no reverse charge."""
    with pytest.raises(ValueError, match="goods only"):
        checked_vat_number("XI110305878", "GB")
    with pytest.raises(ValueError, match="companies in the EU"):
        checked_vat_number("GB110305878", "GB")


@pytest.mark.parametrize("number", ["DE13669597", "DE13669597A", "DE136695977"])
def test_what_is_no_vat_number_is_refused(number: str) -> None:
    """Length, form and check digit."""
    with pytest.raises(ValueError):
        checked_vat_number(number, "DE")


def test_the_union_has_27_countries_that_all_exist() -> None:
    """Slips in lists of codes are the sort that nobody notices."""
    assert len(EU) == 27
    assert EU <= COUNTRIES
    assert len(COUNTRIES) == 249
    assert country_complaint("GB") == ""
    assert "GB" in country_complaint("UK")
    assert country_complaint("XX")
