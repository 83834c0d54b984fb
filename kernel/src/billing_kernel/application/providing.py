"""Set up who sells: under which company, in which currency, taxed by which policy."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from billing_hookspecs import InvalidInputError
from billing_kernel.application.denominating import change_currency
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import change, create, require
from billing_kernel.application.taxing import tax_errors
from billing_kernel.models import Company, Provider


def create_provider(session: Session, kernel: Kernel, columns: Mapping[str, Any]) -> Provider:
    """A new provider; raises InvalidInputError with everything that is wrong with it."""
    _check(session, kernel, columns)
    return create(session, Provider, columns)


def change_provider(
    session: Session, kernel: Kernel, provider_id: int, columns: Mapping[str, Any]
) -> Provider:
    """Give a provider other values, a currency by the rules of its change.

    Raises MissingError, InvalidInputError, UnknownCurrencyError, CurrencyInUseError.
    """
    _check(session, kernel, columns)
    plain = {name: value for name, value in columns.items() if name != "currency"}
    if "currency" in columns:
        change_currency(session, provider_id, columns["currency"])
    return change(session, Provider, provider_id, plain)


def _check(session: Session, kernel: Kernel, columns: Mapping[str, Any]) -> None:
    require(session, Company, columns.get("company_id"), "/company_id")
    if "tax" in columns and (errors := tax_errors(kernel, columns["tax"])):
        raise InvalidInputError(errors)
