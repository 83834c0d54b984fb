"""Keep groups of clients; tariff plans say which of them may order."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel.application.organising import change, create
from billing_kernel.application.removing import InUseError, delete_unused
from billing_kernel.domain.errors import ConflictError
from billing_kernel.models import ClientGroup, TariffPlan


class GroupExistsError(ConflictError):
    """Another client group has this name."""

    code = "client_group.exists"


def create_group(session: Session, columns: Mapping[str, Any]) -> ClientGroup:
    """A new client group; raises GroupExistsError."""
    _refuse_taken_name(session, columns["name"])
    return create(session, ClientGroup, columns)


def change_group(session: Session, group_id: int, columns: Mapping[str, Any]) -> ClientGroup:
    """Give a client group other values; raises MissingError, GroupExistsError."""
    if "name" in columns:
        _refuse_taken_name(session, columns["name"], but=group_id)
    return change(session, ClientGroup, group_id, columns)


def delete_group(session: Session, group_id: int) -> None:
    """Delete a group that has no clients and that no plan names; MissingError, InUseError."""
    plans = [
        plan.id
        for plan in session.scalars(select(TariffPlan).order_by(TariffPlan.id))
        if group_id in (*plan.allowed_client_group_ids, *plan.forbidden_client_group_ids)
    ]
    if plans:
        raise InUseError(f"in use by tariff plans {', '.join(map(str, plans))}")
    delete_unused(session, ClientGroup, group_id)


def _refuse_taken_name(session: Session, name: str, *, but: int = 0) -> None:
    taken = select(ClientGroup.id).where(ClientGroup.name == name, ClientGroup.id != but)
    if (group_id := session.scalar(taken)) is not None:
        raise GroupExistsError(f"client group {group_id} is called {name!r} already")
