"""Set up who sells, from where, and who answers for what: providers, data centres, departments."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, UnknownCurrencyError
from billing_kernel.application.denominating import require_current
from billing_kernel.application.finding import find
from billing_kernel.application.registering import checked_country, checked_email
from billing_kernel.domain.business_hours import overlapping, read_interval
from billing_kernel.models import (
    Base,
    BusinessHours,
    DataCenter,
    Department,
    Enumeration,
    EnumerationValue,
    Provider,
)

R = TypeVar("R", bound=Base)


def create(session: Session, model: type[R], columns: Mapping[str, Any]) -> R:
    """A new row; raises InvalidInputError with everything that is wrong with it."""
    row = model(**_checked(model, columns))
    session.add(row)
    session.flush()
    return row


def change(session: Session, model: type[R], row_id: int, columns: Mapping[str, Any]) -> R:
    """Give a row other values; raises MissingError, InvalidInputError."""
    row = find(session, model, row_id, lock=True)
    for name, value in _checked(model, columns).items():
        setattr(row, name, value)
    session.flush()
    return row


def require(session: Session, model: type[Base], row_id: int | None, pointer: str) -> None:
    """Raise InvalidInputError at ``pointer`` unless the row exists, or none is named."""
    if row_id is not None and session.get(model, row_id) is None:
        noun = model.__tablename__.removesuffix("s").replace("_", " ")
        raise InvalidInputError([FieldError(pointer, f"there is no {noun} {row_id}")])


def _checked(model: type[Base], columns: Mapping[str, Any]) -> dict[str, Any]:
    errors: list[FieldError] = []
    checked = {}
    for name, value in columns.items():
        try:
            checked[name] = CHECKS.get((model, name), _as_it_is)(name, value)
        except InvalidInputError as error:
            errors += error.errors
    if errors:
        raise InvalidInputError(errors)
    return checked


def _as_it_is(_name: str, value: Any) -> Any:
    return value


def _localised(name: str, value: Any) -> Any:
    if not any(text.strip() for text in value.values()):
        raise InvalidInputError([FieldError(f"/{name}", "is required in at least one language")])
    return value


def _currency(name: str, value: Any) -> Any:
    try:
        require_current(value)
    except UnknownCurrencyError as error:
        raise InvalidInputError([FieldError(f"/{name}", error.message)]) from None
    return value


def _time_zone(name: str, value: Any) -> Any:
    if value not in available_timezones():
        raise InvalidInputError(
            [FieldError(f"/{name}", "is not a time zone, such as Europe/Berlin")]
        )
    return value


def _country(name: str, value: Any) -> Any:
    return checked_country(value, f"/{name}")


def _email(name: str, value: Any) -> Any:
    return checked_email(value, f"/{name}") if value else value


def _intervals(name: str, value: Any) -> Any:
    intervals = [read_interval(each) for each in value]
    errors = [
        FieldError(f"/{name}/{place}/to", "must be after from")
        for place, interval in enumerate(intervals)
        if interval.end <= interval.start
    ] or [
        FieldError(f"/{name}/{place}", "begins before another one of its day has ended")
        for place in overlapping(intervals)
    ]
    if errors:
        raise InvalidInputError(errors)
    return value


CHECKS: Mapping[tuple[type[Base], str], Callable[[str, Any], Any]] = {
    (Provider, "currency"): _currency,
    (Provider, "time_zone"): _time_zone,
    (Provider, "default_country"): _country,
    (Provider, "notification_email"): _email,
    (Provider, "support_email"): _email,
    (Department, "name"): _localised,
    (DataCenter, "name"): _localised,
    (Enumeration, "name"): _localised,
    (EnumerationValue, "name"): _localised,
    (BusinessHours, "name"): _localised,
    (BusinessHours, "time_zone"): _time_zone,
    (BusinessHours, "intervals"): _intervals,
}
"""What a column's value must be, and what it is turned into."""
