"""Give people of the provider a login, rights and departments, and take them away."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as DatabaseSession

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.organising import change, create, require
from billing_kernel.application.registering import checked_email, refuse_taken_email
from billing_kernel.application.removing import delete_unused
from billing_kernel.domain.states import TaskState
from billing_kernel.models import (
    BusinessHours,
    Department,
    Employee,
    EmployeeDepartment,
    Session,
    Task,
)

POWERS = ("password_hash", "rights", "is_enabled", "email")
"""Columns whose change ends an employee's sessions."""

PARTS = frozenset({"sessions", "employee_departments"})
"""Tables whose rows go with an employee."""


def create_employee(
    session: DatabaseSession, columns: Mapping[str, Any], department_ids: Collection[int]
) -> Employee:
    """A new employee of these departments; raises InvalidInputError, EmailTakenError."""
    email = checked_email(columns["email"], "/email")
    refuse_taken_email(session, email)
    employee = Employee(**{**columns, "email": email})
    _place(session, employee, department_ids)
    session.add(employee)
    session.flush()
    return employee


def change_employee(
    session: DatabaseSession,
    employee_id: int,
    columns: Mapping[str, Any],
    department_ids: Collection[int] | None = None,
) -> Employee:
    """Give an employee other columns and departments; None leaves the departments.

    Another password, address, right or being disabled ends the sessions; who leaves a
    department leaves its open tasks. Raises MissingError, InvalidInputError, EmailTakenError.
    """
    employee = find(session, Employee, employee_id, lock=True)
    changes = dict(columns)
    if "email" in changes:
        changes["email"] = checked_email(changes["email"], "/email")
        if changes["email"] != employee.email:
            refuse_taken_email(session, changes["email"])
    if any(getattr(employee, name) != changes.get(name) for name in POWERS if name in changes):
        session.execute(delete(Session).where(Session.employee_id == employee_id))
    for name, value in changes.items():
        setattr(employee, name, value)
    if department_ids is not None:
        _refuse_leaving_head(session, employee_id, department_ids)
        _place(session, employee, department_ids)
        _leave_tasks(session, employee_id, department_ids)
    session.flush()
    return employee


def delete_employee(session: DatabaseSession, employee_id: int) -> None:
    """Delete who left no trace; MissingError, InUseError. Who did is disabled instead."""
    find(session, Employee, employee_id, lock=True)
    session.execute(delete(Session).where(Session.employee_id == employee_id))
    delete_unused(session, Employee, employee_id, own=PARTS)


def create_department(session: DatabaseSession, columns: Mapping[str, Any]) -> Department:
    """A new department, which its head, where one is named, joins; raises InvalidInputError."""
    require(session, BusinessHours, columns["business_hours_id"], "/business_hours_id")
    require(session, Employee, columns["head_id"], "/head_id")
    department = create(session, Department, columns)
    if department.head_id is not None:
        session.add(EmployeeDepartment(employee_id=department.head_id, department_id=department.id))
        session.flush()
    return department


def change_department(
    session: DatabaseSession, department_id: int, columns: Mapping[str, Any]
) -> Department:
    """Give a department other values; its head is one of its employees.

    Raises MissingError, InvalidInputError.
    """
    department = find(session, Department, department_id, lock=True)
    require(session, BusinessHours, columns.get("business_hours_id"), "/business_hours_id")
    if (head_id := columns.get("head_id")) is not None:
        head = session.get(Employee, head_id, with_for_update=True)
        if head is None or department_id not in head.department_ids:
            detail = "is not an employee of this department"
            raise InvalidInputError([FieldError("/head_id", detail)])
    change(session, Department, department_id, columns)
    session.refresh(department)
    return department


def _place(session: DatabaseSession, employee: Employee, department_ids: Collection[int]) -> None:
    present = {place.department_id: place for place in employee.departments}
    known = set(session.scalars(select(Department.id).where(Department.id.in_(department_ids))))
    errors = [
        FieldError(f"/department_ids/{index}", f"there is no department {department_id}")
        for index, department_id in enumerate(department_ids)
        if department_id not in known
    ]
    if errors:
        raise InvalidInputError(errors)
    employee.departments = [
        present.get(each) or EmployeeDepartment(department_id=each) for each in sorted(known)
    ]


def _refuse_leaving_head(
    session: DatabaseSession, employee_id: int, department_ids: Collection[int]
) -> None:
    left = session.scalar(
        select(Department.id).where(
            Department.head_id == employee_id, Department.id.not_in(department_ids)
        )
    )
    if left is not None:
        detail = f"this is the head of department {left}: name another head first"
        raise InvalidInputError([FieldError("/department_ids", detail)])


def _leave_tasks(
    session: DatabaseSession, employee_id: int, department_ids: Collection[int]
) -> None:
    session.execute(
        update(Task)
        .where(
            Task.assignee_id == employee_id,
            Task.status == TaskState.OPEN,
            Task.department_id.not_in(department_ids),
        )
        .values(assignee_id=None)
    )
