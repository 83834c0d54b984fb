"""Tasks: what people have to do."""

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.completing import complete_task
from billing_kernel.application.finding import find
from billing_kernel.application.organising import require
from billing_kernel.domain.states import TaskState
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.operations import ChangeTask, CompleteTask, Task

PATH, ONE = "/tasks", "/tasks/{task_id:int}"
TAGS = ["Administration: operations and tasks"]


@get(PATH, operation_id="adminListTasks", tags=TAGS, sync_to_thread=True)
def list_tasks(
    kernel: GivenKernel,
    paging: GivenPaging,
    status: FromQuery[TaskState | None] = None,
    department_id: IdFilter = None,
    operation_id: IdFilter = None,
) -> Page[Task]:
    """Every task, oldest first: it waits the longest."""
    return rows.listed(
        kernel,
        models.Task,
        paging,
        Task.of,
        status=status,
        department_id=department_id,
        operation_id=operation_id,
    )


@get(ONE, operation_id="adminGetTask", tags=TAGS, sync_to_thread=True)
def get_task(kernel: GivenKernel, task_id: FromPath[int]) -> Task:
    """One task."""
    return rows.shown(kernel, models.Task, task_id, Task.of)


@patch(ONE, operation_id="adminChangeTask", tags=TAGS, sync_to_thread=True)
def change_task(kernel: GivenKernel, task_id: FromPath[int], data: JSONBody[ChangeTask]) -> Task:
    """Hand a task to another department, or note something down."""

    def work(session: Session) -> Task:
        task = find(session, models.Task, task_id, lock=True)
        changes = given(data)
        require(session, models.Department, changes.get("department_id"), "/department_id")
        for name, value in changes.items():
            setattr(task, name, value)
        session.flush()
        return Task.of(task)

    return kernel.database.run(work)


@post(
    f"{ONE}/complete",
    operation_id="adminCompleteTask",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def complete(
    kernel: GivenKernel, caller: GivenCaller, task_id: FromPath[int], data: JSONBody[CompleteTask]
) -> Task:
    """It is done. Completing the task of an operation gives the operation's outcome."""
    return kernel.database.run(
        lambda session: Task.of(complete_task(session, kernel, task_id, caller.id, data.facts))
    )


HANDLERS = [list_tasks, get_task, change_task, complete]
