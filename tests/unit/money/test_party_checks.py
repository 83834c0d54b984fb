"""Payers and companies as a whole: which number belongs to whom."""

from typing import Any

import pytest

from billing_kernel.domain.parties import Party, checked_party


def party(**overrides: Any) -> Party:
    return Party(**{"kind": "company", "name": "OOO Romashka", "country": "RU", **overrides})


def complaints(given: Party) -> dict[str, str]:
    return {error.pointer: error.detail for error in checked_party(given)[1]}


def test_name_and_country_are_enough() -> None:
    """What a payment needs beyond them is asked for by its method."""
    for kind in ("individual", "company"):
        checked, errors = checked_party(party(kind=kind, country="ru", name=" Client "))
        assert (errors, checked.country, checked.name) == ([], "RU", "Client")


def test_a_russian_company_has_inn_and_kpp() -> None:
    """Both are stored in their plain form."""
    checked, errors = checked_party(
        party(tax_id="7707 083893", registration_code=" 773601001 ", bank={"bic": "044525225"})
    )
    assert errors == []
    assert (checked.tax_id, checked.registration_code) == ("7707083893", "773601001")
    assert checked.bank == {"bic": "044525225"}


def test_a_person_has_no_kpp_and_a_longer_inn() -> None:
    """The same form serves both kinds; what doesn't fit is pointed at."""
    assert complaints(
        party(kind="individual", tax_id="7707083893", registration_code="773601001")
    ) == {"/tax_id": "must have 12 digits", "/registration_code": "a person has no KPP"}


def test_vat_numbers_are_for_companies_in_the_union() -> None:
    """A person's number would look like a reverse charge and be none."""
    number = "DE136695976"
    assert complaints(party(country="DE", vat_number=number)) == {}
    assert "/vat_number" in complaints(party(country="DE", kind="individual", vat_number=number))
    assert "/vat_number" in complaints(party(country="CH", vat_number=number))


def test_a_seller_of_either_kind_may_have_every_number() -> None:
    """``kind`` None is the provider's side: companies and sole proprietors sell."""
    for number in ("7707083893", "500100732259"):
        assert complaints(party(kind=None, tax_id=number)) == {}
    assert complaints(party(kind=None, country="DE", vat_number="DE136695976")) == {}


def test_numbers_of_other_countries_are_kept_as_they_are() -> None:
    """Only schemes that we know are checked; the others just have to fit."""
    checked, errors = checked_party(party(country="KZ", tax_id=" 600400123456 "))
    assert (checked.tax_id, errors) == ("600400123456", [])
    assert complaints(party(country="KZ", tax_id="1" * 33)) == {
        "/tax_id": "must be at most 32 characters long"
    }


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        ({"kind": "robot"}, "/kind"),
        ({"name": "  "}, "/name"),
        ({"country": "UK"}, "/country"),
        ({"tax_id": "1"}, "/tax_id"),
        ({"registration_code": "1"}, "/registration_code"),
        ({"vat_number": "1"}, "/vat_number"),
        ({"bank": {"bic": "1"}}, "/bank/bic"),
        ({"bank": {"iban": "1"}}, "/bank/iban"),
    ],
)
def test_every_wrong_field_is_pointed_at(overrides: dict[str, Any], pointer: str) -> None:
    """Frontends show the message beside the field that it is about."""
    assert list(complaints(party(**overrides))) == [pointer]
