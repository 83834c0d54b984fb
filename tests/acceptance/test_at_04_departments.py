"""AT-04: a department sees its own tasks, and nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from billing_kernel.application.employing import create_employee
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.tasking import open_task


@pytest.fixture
def hire(kernel: Kernel, enter: Callable[..., Any]) -> Callable[..., Any]:
    """Logs in a new employee who has the right to tasks, without a password's slow hash."""

    def add(name: str, *department_ids: int) -> Any:
        email = f"{name}@provider.test"
        columns = {"name": name, "email": email, "password_hash": "-", "rights": ["tasks"]}
        return enter(
            kernel.database.run(lambda session: create_employee(session, columns, department_ids))
        )

    return add


@pytest.fixture
def departments(administrator: Any) -> tuple[int, int]:
    """Support and accounting."""
    first, second = (
        administrator.done("POST", "/admin/departments", {"name": {"en": name}})["id"]
        for name in ("Support", "Accounting")
    )
    return first, second


@pytest.fixture
def tasks(kernel: Kernel, departments: tuple[int, int]) -> tuple[int, int, int]:
    """A task of support, one of accounting and one of nobody."""

    def work(session: Session) -> tuple[int, int, int]:
        opened = [
            open_task(session, kernel, "check", f"check:{place}", "Look at it", "")
            for place in range(3)
        ]
        opened[0].department_id, opened[1].department_id = departments
        return opened[0].id, opened[1].id, opened[2].id

    return kernel.database.run(work)


def seen(person: Any, filters: str = "") -> list[int]:
    return [task["id"] for task in person.done("GET", f"/admin/tasks{filters}")["items"]]


def test_at_04_a_department_has_its_own_tasks(
    administrator: Any,
    hire: Callable[..., Any],
    departments: tuple[int, int],
    tasks: tuple[int, int, int],
) -> None:
    """What concerns one department isn't shown to, changed or done by another."""
    support, accounting = departments
    eve, max_, nobody = hire("eve", support), hire("max", support, accounting), hire("ann")
    assert (seen(eve), seen(max_), seen(nobody)) == ([tasks[0]], [*tasks[:2]], [])
    assert seen(eve, f"?department_id={accounting}") == []
    assert seen(administrator) == list(tasks)
    for foreign in tasks[1:]:
        path = f"/admin/tasks/{foreign}"
        eve.refused("GET", path, None, 404, "not_found")
        eve.refused("PATCH", path, {"department_id": support}, 404, "not_found")
        eve.refused("POST", f"{path}/complete", {}, 404, "not_found")
    done = eve.done("POST", f"/admin/tasks/{tasks[0]}/complete", {})
    assert done["completed_by"] == {"role": "employee", "id": eve.id}
    other = administrator.done("POST", f"/admin/tasks/{tasks[1]}/complete", {})
    assert other["completed_by"] == {"role": "administrator", "id": administrator.id}
    path = f"/admin/employees/{eve.id}"
    administrator.refused("DELETE", path, None, 409, "in_use")


def test_at_04_a_task_is_handed_on(
    administrator: Any,
    hire: Callable[..., Any],
    departments: tuple[int, int],
    tasks: tuple[int, int, int],
) -> None:
    """Whoever hands a task on has nothing to do with it any more."""
    support, accounting = departments
    eve, max_ = hire("eve", support), hire("max", accounting)
    path = f"/admin/tasks/{tasks[0]}"
    wrong = eve.refused("PATCH", path, {"assignee_id": max_.id}, 400, "input.invalid")
    assert wrong["errors"][0]["pointer"] == "/assignee_id"
    assert eve.done("PATCH", path, {"assignee_id": eve.id})["assignee_id"] == eve.id
    assert seen(administrator, f"?assignee_id={eve.id}") == [tasks[0]]
    moved = eve.done("PATCH", path, {"department_id": accounting})
    assert (moved["department_id"], moved["assignee_id"]) == (accounting, None)
    eve.refused("GET", path, None, 404, "not_found")
    max_.done("PATCH", path, {"assignee_id": max_.id})
    administrator.done("PATCH", f"/admin/employees/{max_.id}", {"department_ids": [support]})
    assert administrator.done("GET", path)["assignee_id"] is None
    assert seen(max_) == []
