"""Employees; for administrators alone, so that nobody gives rights to themselves."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from billing_kernel import models
from billing_kernel.application import employing
from billing_kernel.application.registering import check_password, hash_password
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.employees import ChangeEmployee, CreateEmployee, Employee

PATH, ONE = "/employees", "/employees/{employee_id:int}"
TAGS = ["Administration: employees"]


@get(PATH, operation_id="adminListEmployees", tags=TAGS, sync_to_thread=True)
def list_employees(kernel: GivenKernel, paging: GivenPaging) -> Page[Employee]:
    """Every employee."""
    return rows.listed(kernel, models.Employee, paging, Employee.of)


@post(PATH, operation_id="adminCreateEmployee", tags=TAGS, sync_to_thread=True)
def create_employee(once: GivenOnce, data: JSONBody[CreateEmployee]) -> Response[Employee]:
    """Give somebody a login, with rights and departments."""
    check_password(data.password)
    columns = data.columns(hash_password(data.password))
    return once.answer(
        lambda session: Employee.of(
            employing.create_employee(session, columns, data.department_ids)
        )
    )


@get(ONE, operation_id="adminGetEmployee", tags=TAGS, sync_to_thread=True)
def get_employee(kernel: GivenKernel, employee_id: FromPath[int]) -> Employee:
    """One employee."""
    return rows.shown(kernel, models.Employee, employee_id, Employee.of)


@patch(ONE, operation_id="adminChangeEmployee", tags=TAGS, sync_to_thread=True)
def change_employee(
    kernel: GivenKernel, employee_id: FromPath[int], data: JSONBody[ChangeEmployee]
) -> Employee:
    """Change an employee; another password, address or right ends the sessions."""
    columns = data.columns()
    if data.password is not UNSET:
        check_password(data.password)
        columns["password_hash"] = hash_password(data.password)
    places = None if data.department_ids is UNSET else data.department_ids
    return kernel.database.run(
        lambda session: Employee.of(
            employing.change_employee(session, employee_id, columns, places)
        )
    )


@delete(ONE, operation_id="adminDeleteEmployee", tags=TAGS, sync_to_thread=True)
def delete_employee(kernel: GivenKernel, employee_id: FromPath[int]) -> None:
    """Delete an employee who did nothing yet; 409 names what is in the way: disable instead."""
    kernel.database.run(lambda session: employing.delete_employee(session, employee_id))


HANDLERS = [list_employees, create_employee, get_employee, change_employee, delete_employee]
