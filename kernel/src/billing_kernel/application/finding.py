"""Load a row that a use case needs, or say that there is none."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.domain.errors import MissingError
from billing_kernel.domain.tariffs import TariffTerms, read_terms
from billing_kernel.models import Base, TariffVersion

R = TypeVar("R", bound=Base)

ID_MAX = 2**63 - 1


def find(session: Session, model: type[R], row_id: int, *, lock: bool = False, **owned: Any) -> R:
    """The row with this id and these column values; MissingError for none or another's.

    ``lock`` takes the row's lock until the transaction ends and reads it afresh.
    """
    if not 0 < row_id <= ID_MAX:
        raise MissingError(f"there is no {_noun(model)} {row_id}")
    statement = select(model).filter_by(id=row_id, **owned)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise MissingError(f"there is no {_noun(model)} {row_id}")
    return row


def terms_of(session: Session, version_id: int) -> TariffTerms:
    """The terms of a tariff version, read once in a session: a version never changes."""
    version = session.get_one(TariffVersion, version_id)
    known: dict[int, tuple[TariffVersion, TariffTerms]] = session.info.setdefault("terms", {})
    if version_id not in known or known[version_id][0] is not version:
        known[version_id] = version, read_terms(version.terms)
    return known[version_id][1]


def _noun(model: type[Base]) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in model.__name__)
    return words.strip()
