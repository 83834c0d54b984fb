"""Whom documents name: payers and companies."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.domain.parties import Party
from billing_kernel.http.shapes.base import (
    Answer,
    Body,
    CountryCode,
    Fields,
    LanguageCode,
    Line,
    OptionalLine,
    Phone,
    given,
)

BANK_EXAMPLE = {
    "recipient": "ООО Ромашка",
    "bank_name": "Банк",
    "bic": "049805746",
    "account": "40602810700000000025",
    "correspondent_account": "30101810800000000746",
}

PayerKind = Literal["individual", "company"]
Address = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00]*$")]
Number = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Bank = Annotated[
    Fields,
    Meta(
        description=(
            "recipient, bank_name, bic, account, correspondent_account, iban, and what the "
            "payer_form of a payment method asks for beyond these"
        ),
        examples=[BANK_EXAMPLE],
    ),
]


class PartyBody(Body, kw_only=True):
    """What payers and companies have in common; Russian, EU and bank numbers are checked."""

    name: Line
    country: CountryCode
    address: Address = ""
    tax_id: Number = ""
    registration_code: Number = ""
    vat_number: Number = ""
    bank: Bank = {}


class CreatePayer(PartyBody, kw_only=True):
    """A person or organisation that invoices are to be made out to."""

    EXAMPLE = {
        "kind": "company",
        "name": "ООО Ромашка",
        "country": "RU",
        "tax_id": "7707083893",
        "registration_code": "773601001",
        "bank": BANK_EXAMPLE,
    }

    kind: PayerKind
    language: LanguageCode | None = None

    def party(self) -> Party:
        return _party(self, self.kind)


class CreateCompany(PartyBody, kw_only=True):
    """A legal entity that documents come from."""

    EXAMPLE = {
        "name": "Acme Hosting GmbH",
        "country": "DE",
        "address": "Hauptstraße 1, 10115 Berlin",
        "vat_number": "DE136695976",
        "bank": {"recipient": "Acme Hosting GmbH", "iban": "DE89370400440532013000"},
    }

    email: OptionalLine = ""
    phone: Phone = ""

    def party(self) -> Party:
        return _party(self, None)


class ChangeParty(Body, kw_only=True):
    """What is to be another; what is left out stays. ``bank`` is replaced as a whole."""

    name: Line | UnsetType = UNSET
    country: CountryCode | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    tax_id: Number | UnsetType = UNSET
    registration_code: Number | UnsetType = UNSET
    vat_number: Number | UnsetType = UNSET
    bank: Bank | UnsetType = UNSET


class ChangePayer(ChangeParty, kw_only=True):
    """What is to be another on invoices to come; issued ones never change."""

    kind: PayerKind | UnsetType = UNSET
    language: LanguageCode | UnsetType | None = UNSET


class ChangeCompany(ChangeParty, kw_only=True):
    """What is to be another on invoices to come; issued ones never change."""

    email: OptionalLine | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET


class Payer(Answer):
    """A person or organisation that invoices are made out to."""

    id: int
    kind: str
    name: str
    country: str
    address: str
    tax_id: str
    registration_code: str
    vat_number: str
    bank: dict[str, Any]
    language: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.Payer) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            name=row.name,
            country=row.country,
            address=row.address,
            tax_id=row.tax_id,
            registration_code=row.registration_code,
            vat_number=row.vat_number,
            bank=row.bank,
            language=row.language or None,
            created_at=row.created_at,
        )


class Company(Answer):
    """A legal entity that documents come from."""

    id: int
    name: str
    country: str
    address: str
    tax_id: str
    registration_code: str
    vat_number: str
    bank: dict[str, Any]
    email: str
    phone: str

    @classmethod
    def of(cls, row: models.Company) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            country=row.country,
            address=row.address,
            tax_id=row.tax_id,
            registration_code=row.registration_code,
            vat_number=row.vat_number,
            bank=row.bank,
            email=row.email,
            phone=row.phone,
        )


def changed_party(before: Party, change: ChangeParty) -> Party:
    """The description of a payer or company after a change of what was sent."""
    sent = {name: value for name, value in given(change).items() if hasattr(before, name)}
    return replace(before, **sent)


def _party(body: PartyBody, kind: str | None) -> Party:
    return Party(
        kind=kind,
        name=body.name,
        country=body.country,
        address=body.address,
        tax_id=body.tax_id,
        registration_code=body.registration_code,
        vat_number=body.vat_number,
        bank=body.bank,
    )
