"""Keep tax rates: from which day which rate holds. What invoices were taxed with stays."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.domain.countries import country_complaint
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.parties import INDIVIDUAL, KINDS
from billing_kernel.domain.taxes import ANY_KIND, checked_rate
from billing_kernel.models import Invoice, InvoiceLine, Provider, TaxRate


class TaxRateInUseError(ConflictError):
    """Invoices of those days were taxed with the rate; let a newer one end it."""

    code = "tax_rate.in_use"


class TaxRateExistsError(ConflictError):
    """Another rate of this country and kind begins on the same day."""

    code = "tax_rate.exists"


@dataclass(frozen=True, slots=True)
class RateFields:
    """A tax rate as an administrator describes it; see the model for the meanings."""

    country: str
    rate: str
    valid_from: date
    customer_kind: str = ANY_KIND
    name: str = ""


def create_rate(session: Session, fields: RateFields) -> TaxRate:
    """Let a rate hold from a day on, until the next one of its country and kind.

    Raises InvalidInputError, TaxRateExistsError, and TaxRateInUseError where it would have
    taxed days differently that invoices were issued on.
    """
    _check(fields)
    _refuse_second(session, fields)
    _refuse_rewriting(session, fields)
    row = TaxRate(
        country=fields.country.upper(),
        customer_kind=fields.customer_kind,
        rate=fields.rate,
        name=fields.name,
        valid_from=fields.valid_from,
    )
    session.add(row)
    session.flush()
    return row


def change_rate(session: Session, rate_id: int, fields: RateFields) -> TaxRate:
    """Correct a rate that no invoice was taxed with; its name may change at any time.

    Raises what ``create_rate`` raises.
    """
    row = find(session, TaxRate, rate_id, lock=True)
    _check(fields)
    before = fields_of(row)
    # compared without the name: it is on no invoice
    if (before.country, before.customer_kind, before.rate, before.valid_from) != (
        fields.country.upper(),
        fields.customer_kind,
        fields.rate,
        fields.valid_from,
    ):
        _refuse_used(session, row)
        _refuse_second(session, fields, but_id=row.id)
        _refuse_rewriting(session, fields, but_id=row.id)
    row.country, row.customer_kind = fields.country.upper(), fields.customer_kind
    row.rate, row.valid_from, row.name = fields.rate, fields.valid_from, fields.name
    session.flush()
    return row


def delete_rate(session: Session, rate_id: int) -> None:
    """Forget a rate that no invoice was taxed with; TaxRateInUseError otherwise."""
    row = find(session, TaxRate, rate_id, lock=True)
    _refuse_used(session, row)
    session.delete(row)


def fields_of(row: TaxRate) -> RateFields:
    """A rate's present fields, as the start of a change."""
    return RateFields(row.country, row.rate, row.valid_from, row.customer_kind, row.name)


def _check(fields: RateFields) -> None:
    errors = []
    if complaint := country_complaint(fields.country.upper()):
        errors.append(FieldError("/country", complaint))
    if fields.customer_kind not in (*KINDS, ANY_KIND):
        kinds = ", ".join((*KINDS, ANY_KIND))
        errors.append(FieldError("/customer_kind", f"must be one of {kinds}"))
    try:
        checked_rate(fields.rate)
    except ValueError as error:
        errors.append(FieldError("/rate", str(error)))
    if errors:
        raise InvalidInputError(errors)


def _refuse_second(session: Session, fields: RateFields, but_id: int = 0) -> None:
    other = session.scalar(
        select(TaxRate.id).where(
            TaxRate.country == fields.country.upper(),
            TaxRate.customer_kind == fields.customer_kind,
            TaxRate.valid_from == fields.valid_from,
            TaxRate.id != but_id,
        )
    )
    if other is not None:
        raise TaxRateExistsError(f"tax rate {other} of this kind begins on {fields.valid_from} too")


def _refuse_used(session: Session, row: TaxRate) -> None:
    """Refuse if an invoice was taxed with ``row`` while it held."""
    end_on = _end_of(_rows(session, row.country, row.customer_kind), row.valid_from)
    _refuse_taxed(session, row, row.customer_kind, row.valid_from, end_on)


def _refuse_rewriting(session: Session, fields: RateFields, but_id: int = 0) -> None:
    """Refuse if other rates were charged on the days that a rate with these fields takes over."""
    country, kind = fields.country.upper(), fields.customer_kind
    same = [row for row in _rows(session, country, kind) if row.id != but_id]
    end_on = _end_of(same, fields.valid_from)
    before = [row for row in same if row.valid_from < fields.valid_from]
    taken = before[-1:]
    if not before and kind != ANY_KIND:
        taken = _rows(session, country, ANY_KIND)
    for row in taken:
        if row.rate != fields.rate:
            rows = same if row in same else taken
            ends = [day for day in (_end_of(rows, row.valid_from), end_on) if day is not None]
            start_on = max(row.valid_from, fields.valid_from)
            _refuse_taxed(session, row, kind, start_on, min(ends, default=None))


def _refuse_taxed(
    session: Session, row: TaxRate, kind: str, start_on: date, end_on: date | None
) -> None:
    """Refuse if customers of ``kind`` were charged the rate of ``row`` on days of a period."""
    country = row.country
    statement = (
        select(Invoice.number, Invoice.issued_on)
        .join(InvoiceLine)
        .join(Provider, Provider.id == Invoice.provider_id)
        .where(
            Invoice.issued_on >= start_on,
            InvoiceLine.tax_rate == row.rate,
            or_(
                Invoice.payer["country"].as_string() == country,
                Invoice.company["country"].as_string() == country,
                Provider.default_country == country,
            ),
        )
    )
    if end_on is not None:
        statement = statement.where(Invoice.issued_on < end_on)
    if kind != ANY_KIND:
        billed = func.coalesce(Invoice.payer["kind"].as_string(), INDIVIDUAL)
        statement = statement.where(billed == kind)
    newest = session.execute(statement.order_by(Invoice.issued_on.desc()).limit(1)).first()
    if newest is not None:
        raise TaxRateInUseError(
            f"invoice {newest.number} of {newest.issued_on} was taxed with {row.rate}: "
            "let a new rate begin after that day"
        )


def _rows(session: Session, country: str, kind: str) -> list[TaxRate]:
    return list(
        session.scalars(
            select(TaxRate)
            .where(TaxRate.country == country, TaxRate.customer_kind == kind)
            .order_by(TaxRate.valid_from)
        )
    )


def _end_of(rows: list[TaxRate], start_on: date) -> date | None:
    """When the next rate of the same kind begins."""
    return min((row.valid_from for row in rows if row.valid_from > start_on), default=None)
