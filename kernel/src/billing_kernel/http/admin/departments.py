"""Departments: who answers for which tasks."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.providers import ChangeDepartment, CreateDepartment, Department

PATH, ONE = "/departments", "/departments/{department_id:int}"
TAGS = ["Administration: departments"]


@get(PATH, operation_id="adminListDepartments", tags=TAGS, sync_to_thread=True)
def list_departments(kernel: GivenKernel, paging: GivenPaging) -> Page[Department]:
    """Every department."""
    return rows.listed(kernel, models.Department, paging, Department.of)


@post(PATH, operation_id="adminCreateDepartment", tags=TAGS, sync_to_thread=True)
def create_department(once: GivenOnce, data: JSONBody[CreateDepartment]) -> Response[Department]:
    """Create a department."""
    return rows.created(once, models.Department, data, Department.of)


@get(ONE, operation_id="adminGetDepartment", tags=TAGS, sync_to_thread=True)
def get_department(kernel: GivenKernel, department_id: FromPath[int]) -> Department:
    """One department."""
    return rows.shown(kernel, models.Department, department_id, Department.of)


@patch(ONE, operation_id="adminChangeDepartment", tags=TAGS, sync_to_thread=True)
def change_department(
    kernel: GivenKernel, department_id: FromPath[int], data: JSONBody[ChangeDepartment]
) -> Department:
    """Change a department; what is left out stays."""
    return rows.changed(kernel, models.Department, department_id, data, Department.of)


@delete(ONE, operation_id="adminDeleteDepartment", tags=TAGS, sync_to_thread=True)
def delete_department(kernel: GivenKernel, department_id: FromPath[int]) -> None:
    """Delete a department that nothing uses; 409 names the users."""
    rows.removed(kernel, models.Department, department_id)


HANDLERS = [
    list_departments,
    create_department,
    get_department,
    change_department,
    delete_department,
]
