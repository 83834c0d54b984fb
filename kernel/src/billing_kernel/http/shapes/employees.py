"""Employees: their login, rights and departments."""

from datetime import datetime
from typing import Annotated, Any, Self, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.domain.rights import Right
from billing_kernel.http.shapes.base import (
    Answer,
    Body,
    LanguageCode,
    Line,
    Password,
    RowId,
    given,
)

Rights: TypeAlias = Annotated[list[Right], Meta(max_length=len(Right))]
DepartmentIds: TypeAlias = Annotated[list[RowId], Meta(max_length=100)]

COLUMNS = {"enabled": "is_enabled"}
"""Columns that are named otherwise here."""


class CreateEmployee(Body):
    """Somebody who may do what the rights name, with the tasks of these departments."""

    EXAMPLE = {
        "name": "Eve Example",
        "email": "eve@example.com",
        "password": "correct horse battery",
        "rights": ["tasks"],
    }

    name: Line
    email: Line
    password: Password
    department_ids: DepartmentIds = []
    rights: Rights = []
    language: LanguageCode | None = None
    enabled: bool = True

    def columns(self, password_hash: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "email": self.email,
            "password_hash": password_hash,
            "rights": _each_once(self.rights),
            "language": self.language or "",
            "is_enabled": self.enabled,
        }


class ChangeEmployee(Body):
    """What is to be another; what is left out stays."""

    name: Line | UnsetType = UNSET
    email: Line | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    department_ids: DepartmentIds | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET
    language: LanguageCode | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """What was sent for the employee's row, the password apart."""
        sent = given(self)
        columns = {COLUMNS.get(name, name): value for name, value in sent.items()}
        if self.rights is not UNSET:
            columns["rights"] = _each_once(self.rights)
        for apart in ("password", "department_ids"):
            columns.pop(apart, None)
        return columns


class Employee(Answer):
    """Somebody who works here; a disabled employee can't log in."""

    id: int
    name: str
    email: str
    department_ids: list[int]
    rights: list[Right]
    language: str
    enabled: bool
    created_at: datetime

    @classmethod
    def of(cls, row: models.Employee) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            email=row.email,
            department_ids=row.department_ids,
            rights=[Right(each) for each in row.rights],
            language=row.language,
            enabled=row.is_enabled,
            created_at=row.created_at,
        )


def _each_once(rights: list[Right]) -> list[str]:
    return [right.value for right in Right if right in rights]
