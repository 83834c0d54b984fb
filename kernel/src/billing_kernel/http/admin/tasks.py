"""Tasks: what people have to do."""

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from billing_kernel import models
from billing_kernel.application.assigning import change_task, find_task, visible_tasks
from billing_kernel.application.completing import complete_task
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
    caller: GivenCaller,
    paging: GivenPaging,
    status: FromQuery[TaskState | None] = None,
    department_id: IdFilter = None,
    operation_id: IdFilter = None,
    assignee_id: IdFilter = None,
) -> Page[Task]:
    """Every task, oldest first: it waits the longest. Employees see their departments' only."""
    return rows.listed(
        kernel,
        models.Task,
        paging,
        Task.of,
        among=visible_tasks(caller),
        status=status,
        department_id=department_id,
        operation_id=operation_id,
        assignee_id=assignee_id,
    )


@get(ONE, operation_id="adminGetTask", tags=TAGS, sync_to_thread=True)
def get_task(kernel: GivenKernel, caller: GivenCaller, task_id: FromPath[int]) -> Task:
    """One task."""
    with kernel.database.reading() as session:
        return Task.of(find_task(session, caller, task_id))


@patch(ONE, operation_id="adminChangeTask", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel, caller: GivenCaller, task_id: FromPath[int], data: JSONBody[ChangeTask]
) -> Task:
    """Hand a task to another department or to somebody of it, or note something down."""
    changes = given(data)
    return kernel.database.run(
        lambda session: Task.of(change_task(session, caller, task_id, changes))
    )


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
        lambda session: Task.of(complete_task(session, kernel, task_id, caller, data.facts))
    )


HANDLERS = [list_tasks, get_task, change, complete]
