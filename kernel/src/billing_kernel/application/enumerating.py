"""Keep enumerations and their values; tariff plans that offer a value learn its new names."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing_kernel.application.cataloguing import renew_terms, terms_in_force
from billing_kernel.application.finding import find
from billing_kernel.application.organising import change, create
from billing_kernel.application.removing import InUseError
from billing_kernel.application.supplementing import values_of, with_names
from billing_kernel.domain.addons import AddonTerm
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.tariffs import read_terms
from billing_kernel.models import Enumeration, EnumerationValue, TariffPlan, TariffVersion


class ValueExistsError(ConflictError):
    """The enumeration has a value with this internal name already."""

    code = "enumeration.value_exists"


def create_value(
    session: Session, enumeration_id: int, columns: Mapping[str, Any]
) -> EnumerationValue:
    """Add a value; raises MissingError, InvalidInputError, ValueExistsError."""
    find(session, Enumeration, enumeration_id, lock=True)
    _refuse_taken_name(session, enumeration_id, columns["internal_name"])
    return create(session, EnumerationValue, {**columns, "enumeration_id": enumeration_id})


def change_value(
    session: Session, enumeration_id: int, value_id: int, columns: Mapping[str, Any]
) -> EnumerationValue:
    """Change a value; plans that offer it get a version with its new names.

    Raises MissingError, InvalidInputError, ValueExistsError.
    """
    find(session, Enumeration, enumeration_id, lock=True)
    find(session, EnumerationValue, value_id, enumeration_id=enumeration_id)
    if "internal_name" in columns:
        _refuse_taken_name(session, enumeration_id, columns["internal_name"], but=value_id)
    value = change(session, EnumerationValue, value_id, columns)
    _renew_plans(session, enumeration_id)
    return value


def delete_value(session: Session, enumeration_id: int, value_id: int) -> None:
    """Delete a value that no tariff plan offers; raises MissingError, InUseError."""
    find(session, Enumeration, enumeration_id, lock=True)
    value = find(session, EnumerationValue, value_id, enumeration_id=enumeration_id)
    _refuse_used(
        plan
        for plan, addon in _offering(session, enumeration_id)
        if any(offered.value_id == value_id for offered in addon.value_prices)
    )
    session.delete(value)
    session.flush()


def delete_enumeration(session: Session, enumeration_id: int) -> None:
    """Delete an enumeration that no tariff plan offers, with its values; raises InUseError."""
    enumeration = find(session, Enumeration, enumeration_id, lock=True)
    _refuse_used(plan for plan, _ in _offering(session, enumeration_id))
    mine = EnumerationValue.enumeration_id == enumeration_id
    session.execute(delete(EnumerationValue).where(mine))
    session.delete(enumeration)
    session.flush()


def _refuse_taken_name(
    session: Session, enumeration_id: int, internal_name: str, *, but: int = 0
) -> None:
    taken = session.scalar(
        select(EnumerationValue.id).where(
            EnumerationValue.enumeration_id == enumeration_id,
            EnumerationValue.internal_name == internal_name,
            EnumerationValue.id != but,
        )
    )
    if taken is not None:
        raise ValueExistsError(f"value {taken} has the internal name {internal_name!r} already")


def _offering(session: Session, enumeration_id: int) -> Iterator[tuple[TariffPlan, AddonTerm]]:
    """The plans whose version in force has an addon with the enumeration, and that addon."""
    in_force = (TariffVersion.tariff_plan_id == TariffPlan.id) & (
        TariffVersion.version == TariffPlan.version
    )
    rows = session.execute(
        select(TariffPlan, TariffVersion).join(TariffVersion, in_force).order_by(TariffPlan.id)
    )
    for plan, version in rows.all():
        for addon in read_terms(version.terms).addons:
            if addon.enumeration_id == enumeration_id:
                yield plan, addon


def _refuse_used(plans: Iterator[TariffPlan]) -> None:
    ids = sorted({plan.id for plan in plans})
    if ids:
        raise InUseError(f"in use by tariff plans {', '.join(map(str, ids))}")


def _renew_plans(session: Session, enumeration_id: int) -> None:
    values = values_of(session, enumeration_id)
    for plan_id in sorted({plan.id for plan, _ in _offering(session, enumeration_id)}):
        plan = find(session, TariffPlan, plan_id, lock=True)
        terms = terms_in_force(session, plan)
        addons = tuple(
            with_names(addon, values) if addon.enumeration_id == enumeration_id else addon
            for addon in terms.addons
        )
        renew_terms(session, plan, msgspec.structs.replace(terms, addons=addons))
