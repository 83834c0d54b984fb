"""Say whose tasks are whose: employees see those of their own departments."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.organising import require
from billing_kernel.application.registering import ROLES, Caller
from billing_kernel.domain.errors import MissingError
from billing_kernel.models import Department, Employee, EmployeeDepartment, Task


def visible_tasks(caller: Caller) -> Select[Task]:
    """Every task for administrators, those of the own departments for employees.

    A task of no department is for administrators alone: nobody said who else it concerns.
    """
    tasks: Select[Task] = select(Task)
    if caller.role != ROLES[Employee]:
        return tasks
    own = select(EmployeeDepartment.department_id).filter_by(employee_id=caller.id)
    return tasks.where(Task.department_id.in_(own))


def find_task(session: Session, caller: Caller, task_id: int, *, lock: bool = False) -> Task:
    """A task that this caller may see; MissingError for another department's too."""
    task = find(session, Task, task_id, lock=lock)
    if session.scalar(visible_tasks(caller).where(Task.id == task_id)) is None:
        raise MissingError(f"there is no task {task_id}")
    return task


def change_task(session: Session, caller: Caller, task_id: int, changes: Mapping[str, Any]) -> Task:
    """Hand a task to a department, to one of its employees, or note something down.

    With another department it is nobody's own task any more, unless somebody is named.
    Raises MissingError, InvalidInputError.
    """
    task = find_task(session, caller, task_id, lock=True)
    require(session, Department, changes.get("department_id"), "/department_id")
    if changes.get("department_id", task.department_id) != task.department_id:
        task.assignee_id = None
    for name, value in changes.items():
        setattr(task, name, value)
    if changes.get("assignee_id") is not None:
        _check_assignee(session, task)
    session.flush()
    return task


def _check_assignee(session: Session, task: Task) -> None:
    employee = session.get(Employee, task.assignee_id)
    if (
        employee is None
        or not employee.is_enabled
        or task.department_id not in employee.department_ids
    ):
        raise InvalidInputError(
            [FieldError("/assignee_id", "is not an employee of the task's department")]
        )
