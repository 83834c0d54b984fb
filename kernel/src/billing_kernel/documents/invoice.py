"""An invoice as a value: everything that its document shows, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from billing_hookspecs import Money, Period
from billing_kernel.domain.states import InvoiceState

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    ADVANCE_PAYMENT = "advance_payment"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Printed:
    """Base of these values: their strings lose what no document can show.

    Control characters are illegal in XML, and those that turn the direction of writing could
    make an amount beside a name read backwards.
    """

    def __post_init__(self) -> None:
        for each in fields(self):
            given = getattr(self, each.name)
            if type(given) is str and (clean := _UNPRINTABLE.sub("", given)) != given:
                object.__setattr__(self, each.name, clean)


@dataclass(frozen=True, slots=True)
class Bank(Printed):
    """Where somebody's money is: ``iban``, or ``account`` with ``correspondent_account``."""

    recipient: str = ""
    bank_name: str = ""
    bic: str = ""
    account: str = ""
    correspondent_account: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class Party(Printed):
    """Who sells or who pays, as they were when the invoice was issued."""

    name: str
    country: str = ""
    kind: str = "company"
    address: str = ""
    tax_id: str = ""
    registration_code: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    bank: Bank = field(default_factory=Bank)


@dataclass(frozen=True, slots=True)
class DocumentLine(Printed):
    """One line; ``tax_rate`` is a decimal fraction such as ``0.20``."""

    kind: str
    description: str
    net: Money
    tax_rate: str
    tax: Money
    total: Money
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What the lines of one tax rate come to."""

    rate: str
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Correction(Printed):
    """The invoice that a credit note corrects."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class InvoiceDocument(Printed):
    """An issued invoice in one status.

    The amounts of a credit note are what is given back, so they are positive here.
    ``paid_on`` is the date at the provider's; ``language`` has two letters.
    """

    number: str
    kind: DocumentKind
    status: InvoiceState
    language: str
    issued_on: date
    company: Party
    payer: Party
    lines: tuple[DocumentLine, ...]
    net: Money
    tax: Money
    total: Money
    tax_note: str = ""
    paid_on: date | None = None
    corrects: Correction | None = None

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def asks_for_money(self) -> bool:
        """True while somebody should still pay it."""
        return (
            self.kind is not DocumentKind.CREDIT_NOTE
            and self.status is InvoiceState.NEW
            and self.total.amount_minor > 0
        )

    @property
    def shows_tax(self) -> bool:
        """True where there is a rate to show, or a reason why there is none."""
        taxed = any(Fraction(line.tax_rate) for line in self.lines)
        return taxed or bool(self.tax_note)

    def tax_totals(self) -> tuple[TaxTotal, ...]:
        """One total for each rate, highest rate first; together they are net and tax."""
        totals: dict[Fraction, TaxTotal] = {}
        zero = Money.zero(self.currency)
        for line in self.lines:
            rate = Fraction(line.tax_rate)
            before = totals.get(rate, TaxTotal(line.tax_rate, zero, zero))
            totals[rate] = TaxTotal(before.rate, before.net + line.net, before.tax + line.tax)
        return tuple(totals[rate] for rate in sorted(totals, reverse=True))


def party_of(snapshot: Mapping[str, Any]) -> Party:
    """A payer or company from what the invoice kept of it; unknown fields are left out."""
    known = {each.name for each in fields(Party)} - {"bank"}
    given = {name: str(snapshot[name]) for name in known if snapshot.get(name)}
    bank = snapshot.get("bank") or {}
    accounts = {each.name: str(bank[each.name]) for each in fields(Bank) if bank.get(each.name)}
    return Party(**{"name": "", **given}, bank=Bank(**accounts))
