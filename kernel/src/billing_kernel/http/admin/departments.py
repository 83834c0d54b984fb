"""Departments: who answers for which tasks."""

from collections.abc import Callable

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import employing
from billing_kernel.application.kernel import Kernel
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import EVERY_EMPLOYEE, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.departments import (
    ChangeDepartment,
    CreateDepartment,
    Department,
)

PATH, ONE = "/departments", "/departments/{department_id:int}"
TAGS = ["Administration: departments"]


@get(PATH, operation_id="adminListDepartments", tags=TAGS, sync_to_thread=True, **EVERY_EMPLOYEE)
def list_departments(kernel: GivenKernel, paging: GivenPaging) -> Page[Department]:
    """Every department, and whether somebody is there now."""
    return rows.listed(kernel, models.Department, paging, _shape(kernel))


@post(PATH, operation_id="adminCreateDepartment", tags=TAGS, sync_to_thread=True)
def create_department(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateDepartment]
) -> Response[Department]:
    """Create a department; the head that is named joins it."""
    columns, shape = msgspec.structs.asdict(data), _shape(kernel)
    return once.answer(lambda session: shape(employing.create_department(session, columns)))


@get(ONE, operation_id="adminGetDepartment", tags=TAGS, sync_to_thread=True, **EVERY_EMPLOYEE)
def get_department(kernel: GivenKernel, department_id: FromPath[int]) -> Department:
    """One department, and whether somebody is there now."""
    return rows.shown(kernel, models.Department, department_id, _shape(kernel))


@patch(ONE, operation_id="adminChangeDepartment", tags=TAGS, sync_to_thread=True)
def change_department(
    kernel: GivenKernel, department_id: FromPath[int], data: JSONBody[ChangeDepartment]
) -> Department:
    """Change a department; what is left out stays."""
    columns, shape = given(data), _shape(kernel)
    return kernel.database.run(
        lambda session: shape(employing.change_department(session, department_id, columns))
    )


@delete(ONE, operation_id="adminDeleteDepartment", tags=TAGS, sync_to_thread=True)
def delete_department(kernel: GivenKernel, department_id: FromPath[int]) -> None:
    """Delete a department that nothing uses; 409 names the users."""
    rows.removed(kernel, models.Department, department_id)


def _shape(kernel: Kernel) -> Callable[[models.Department], Department]:
    now = kernel.clock.now()
    return lambda row: Department.of(row, now)


HANDLERS = [
    list_departments,
    create_department,
    get_department,
    change_department,
    delete_department,
]
