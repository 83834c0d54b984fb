"""Whom documents name: what is checked of a payer or a company before it is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from billing_hookspecs import FieldError
from billing_kernel.domain.bank_details import checked_bank
from billing_kernel.domain.countries import EU, country_complaint
from billing_kernel.domain.tax_numbers import checked_inn, checked_kpp, checked_vat_number

INDIVIDUAL = "individual"
COMPANY = "company"
KINDS = (INDIVIDUAL, COMPANY)
NUMBER_LENGTH_MAX = 32


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on a document. ``kind`` None: the provider's side, where both kinds sell."""

    kind: str | None
    name: str
    country: str
    address: str = ""
    tax_id: str = ""
    registration_code: str = ""
    vat_number: str = ""
    bank: Mapping[str, Any] = field(default_factory=dict)


def checked_party(party: Party) -> tuple[Party, list[FieldError]]:
    """The party with its numbers in their plain form, and everything that is wrong with it.

    Nothing but name and country is required here: what a payment needs, its method says.
    """
    country = party.country.strip().upper()
    errors = []
    if party.kind is not None and party.kind not in KINDS:
        errors.append(FieldError("/kind", f"must be one of {', '.join(KINDS)}"))
    if not party.name.strip():
        errors.append(FieldError("/name", "is required"))
    if complaint := country_complaint(country):
        errors.append(FieldError("/country", complaint))
        return party, errors
    party = replace(party, country=country, name=party.name.strip(), address=party.address.strip())
    numbers, number_errors = _checked_numbers(party)
    bank, bank_errors = checked_bank(party.bank, "/bank")
    return replace(party, bank=bank, **numbers), errors + number_errors + bank_errors


def _checked_numbers(party: Party) -> tuple[dict[str, str], list[FieldError]]:
    checks: dict[str, Callable[[str], str]] = {
        "tax_id": lambda text: _checked_tax_id(text, party),
        "registration_code": lambda text: _checked_registration_code(text, party),
        "vat_number": lambda text: _checked_vat_number(text, party),
    }
    numbers: dict[str, str] = {}
    errors = []
    for name, check in checks.items():
        text = str(getattr(party, name)).strip()
        numbers[name] = text
        try:
            numbers[name] = check(text) if text else ""
        except ValueError as error:
            errors.append(FieldError(f"/{name}", str(error)))
    return numbers, errors


def _checked_tax_id(text: str, party: Party) -> str:
    if party.country == "RU":
        return checked_inn(text, party.kind if party.kind in KINDS else None)
    return _short(text)


def _checked_registration_code(text: str, party: Party) -> str:
    if party.country != "RU":
        return _short(text)
    if party.kind == INDIVIDUAL:
        raise ValueError("a person has no KPP")
    return checked_kpp(text)


def _checked_vat_number(text: str, party: Party) -> str:
    if party.kind == INDIVIDUAL and party.country in EU:
        raise ValueError("is for companies; a sole trader with a VAT number is one here")
    return checked_vat_number(text, party.country)


def _short(text: str) -> str:
    if len(text) > NUMBER_LENGTH_MAX:
        raise ValueError(f"must be at most {NUMBER_LENGTH_MAX} characters long")
    return text
