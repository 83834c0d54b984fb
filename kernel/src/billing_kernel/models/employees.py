"""Who works for the providers, in which departments, and when somebody is there."""

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from billing_kernel.models.base import ChangingRow, Row


class Employee(ChangingRow):
    """A person who may do what ``rights`` names; ``email`` is the login, in lower case."""

    __tablename__ = "employees"

    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(8), default="")
    rights: Mapped[list[Any]] = mapped_column(default=list)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    departments: Mapped[list["EmployeeDepartment"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="EmployeeDepartment.department_id"
    )

    @property
    def department_ids(self) -> list[int]:
        return [place.department_id for place in self.departments]


class EmployeeDepartment(Row):
    """A department that an employee works in."""

    __tablename__ = "employee_departments"
    __table_args__ = (UniqueConstraint("employee_id", "department_id"),)

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), index=True)


class BusinessHours(ChangingRow):
    """When the people of a department are there, by the clocks of a time zone.

    ``intervals`` are ``{"weekday", "from", "to"}`` with Monday as 0 and times as HH:MM;
    ``holidays`` are ISO dates.
    """

    __tablename__ = "business_hours"

    name: Mapped[dict[str, Any]]
    time_zone: Mapped[str] = mapped_column(String(64))
    intervals: Mapped[list[Any]]
    holidays: Mapped[list[Any]] = mapped_column(default=list)
