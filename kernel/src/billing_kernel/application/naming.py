"""Keep whom documents name: clients' payers and the companies behind providers.

Invoices carry a copy of both, made when they were issued: nothing here changes a document.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_hookspecs import (
    FieldError,
    FieldKind,
    FormField,
    InvalidInputError,
    PayerView,
    check_fields,
)
from billing_kernel.application.connecting import gateway_of
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.bank_details import BANK_FIELDS
from billing_kernel.domain.errors import RuleError
from billing_kernel.domain.parties import COMPANY, INDIVIDUAL, Party, checked_party
from billing_kernel.models import Client, Company, Payer, PaymentMethod

PAYERS_MAX = 100


class TooManyPayersError(RuleError):
    """The client has as many payers as one may have."""

    code = "payer.too_many"


def create_payer(
    session: Session, kernel: Kernel, client_id: int, party: Party, language: str = ""
) -> Payer:
    """Add a payer to a client; raises InvalidInputError, TooManyPayersError.

    ``language`` is that of its documents, "" for the client's.
    """
    client = find(session, Client, client_id, lock=True)
    mine = select(func.count(Payer.id)).where(Payer.client_id == client.id, ~Payer.is_archived)
    if (session.scalar(mine) or 0) >= PAYERS_MAX:
        raise TooManyPayersError(f"a client has at most {PAYERS_MAX} payers; delete one first")
    payer = Payer(client_id=client.id)
    _describe(payer, _checked(kernel, party))
    payer.kind, payer.language = str(party.kind), language
    session.add(payer)
    session.flush()
    return payer


def change_payer(
    session: Session, kernel: Kernel, payer: Payer, party: Party, language: str
) -> Payer:
    """Describe a payer anew, for invoices to come; raises InvalidInputError."""
    _describe(payer, _checked(kernel, party))
    payer.kind, payer.language = str(party.kind), language
    session.flush()
    return payer


def payer_of_client(session: Session, payer_id: int, client_id: int) -> Payer:
    """A payer that its client may change, locked; MissingError for another's or a deleted one."""
    return find(session, Payer, payer_id, lock=True, client_id=client_id, is_archived=False)


def archive_payer(session: Session, payer_id: int, client_id: int) -> None:
    """Take a payer out of use. It stays on invoices, and in the database for their sake."""
    payer_of_client(session, payer_id, client_id).is_archived = True


def create_company(
    session: Session, kernel: Kernel, party: Party, email: str = "", phone: str = ""
) -> Company:
    """Add a legal entity for providers to sell under; raises InvalidInputError."""
    company = Company(email=email, phone=phone)
    _describe(company, _checked(kernel, party))
    session.add(company)
    session.flush()
    return company


def change_company(
    session: Session, kernel: Kernel, company: Company, party: Party, email: str, phone: str
) -> Company:
    """Describe a company anew, for invoices to come; raises InvalidInputError."""
    _describe(company, _checked(kernel, party))
    company.email, company.phone = email, phone
    session.flush()
    return company


def party_of(row: Payer | Company) -> Party:
    """A row's present description, as the start of a change."""
    return Party(
        kind=row.kind if isinstance(row, Payer) else None,
        name=row.name,
        country=row.country,
        address=row.address,
        tax_id=row.tax_id,
        registration_code=row.registration_code,
        vat_number=row.vat_number,
        bank=row.bank,
    )


def missing_payer_fields(kernel: Kernel, method: PaymentMethod, payer: Payer) -> list[FieldError]:
    """What a payment method needs to know of a payer's bank and doesn't, as pointers into it.

    Persons owe nothing here: they pay from whichever account they like.
    """
    if payer.kind != COMPANY:
        return []
    fields = gateway_of(kernel, method).payer_fields
    return check_fields(fields, _asked(payer.bank, fields), "/bank")[1]


def require_payer_fields(
    session: Session, kernel: Kernel, method: PaymentMethod, payer_id: int | None
) -> None:
    """Raise InvalidInputError if a payment method needs more of the payer; call before paying."""
    payer = session.get(Payer, payer_id) if payer_id is not None else None
    if payer is None:
        return
    if missing := missing_payer_fields(kernel, method, payer):
        raise InvalidInputError(
            [FieldError(f"/payer{error.pointer}", error.detail) for error in missing]
        )


def view_payer(
    session: Session, kernel: Kernel, method: PaymentMethod, client_id: int, payer_id: int | None
) -> PayerView:
    """Who pays, as the gateway of a method is shown it: with the bank details that it asks for.

    Without a payer the client pays as a person.
    """
    client = session.get_one(Client, client_id)
    if payer_id is None:
        return PayerView(client.name, INDIVIDUAL, client.country, client.email)
    payer = session.get_one(Payer, payer_id)
    asked = _asked(payer.bank, gateway_of(kernel, method).payer_fields)
    bank = {name: str(value) for name, value in asked.items()}
    return PayerView(payer.name, payer.kind, payer.country, client.email, payer.tax_id, bank)


def _checked(kernel: Kernel, party: Party) -> Party:
    """The party with its numbers in plain form; raises InvalidInputError."""
    given, errors = check_fields(_bank_fields(kernel), party.bank, "/bank")
    usual = {name: text for name, text in given.items() if name in BANK_FIELDS}
    checked, more = checked_party(replace(party, bank=usual))
    if errors + more:
        raise InvalidInputError(errors + more)
    return replace(checked, bank={**given, **checked.bank})


def _bank_fields(kernel: Kernel) -> tuple[FormField, ...]:
    """What may be said of a bank: the usual, and what installed gateways ask for beyond it."""
    usual = [FormField(name, {"en": name}) for name in BANK_FIELDS]
    asked = [
        field for gateway in kernel.extensions.payment_gateways for field in gateway.payer_fields
    ]
    further = {
        field.name: field
        for field in asked
        if field.name not in BANK_FIELDS and field.kind is not FieldKind.SECRET
    }
    return tuple(replace(it, required=False, default=None) for it in (*usual, *further.values()))


def _asked(bank: Mapping[str, Any], fields: tuple[FormField, ...]) -> dict[str, Any]:
    return {field.name: bank[field.name] for field in fields if field.name in bank}


def _describe(row: Payer | Company, party: Party) -> None:
    row.name, row.country, row.address = party.name, party.country, party.address
    row.tax_id, row.registration_code = party.tax_id, party.registration_code
    row.vat_number, row.bank = party.vat_number, dict(party.bank)
