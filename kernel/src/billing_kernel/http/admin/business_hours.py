"""Business hours: when the people of departments are there."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application.organising import change, create
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import EVERY_EMPLOYEE, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.departments import (
    BusinessHours,
    ChangeBusinessHours,
    CreateBusinessHours,
)

PATH, ONE = "/business-hours", "/business-hours/{business_hours_id:int}"
TAGS = ["Administration: departments"]


@get(PATH, operation_id="adminListBusinessHours", tags=TAGS, sync_to_thread=True, **EVERY_EMPLOYEE)
def list_business_hours(kernel: GivenKernel, paging: GivenPaging) -> Page[BusinessHours]:
    """All business hours."""
    return rows.listed(kernel, models.BusinessHours, paging, BusinessHours.of)


@post(PATH, operation_id="adminCreateBusinessHours", tags=TAGS, sync_to_thread=True)
def create_business_hours(
    once: GivenOnce, data: JSONBody[CreateBusinessHours]
) -> Response[BusinessHours]:
    """Say when people are there, for departments to refer to."""
    columns = data.columns()
    return once.answer(
        lambda session: BusinessHours.of(create(session, models.BusinessHours, columns))
    )


@get(ONE, operation_id="adminGetBusinessHours", tags=TAGS, sync_to_thread=True, **EVERY_EMPLOYEE)
def get_business_hours(kernel: GivenKernel, business_hours_id: FromPath[int]) -> BusinessHours:
    """One schedule of business hours."""
    return rows.shown(kernel, models.BusinessHours, business_hours_id, BusinessHours.of)


@patch(ONE, operation_id="adminChangeBusinessHours", tags=TAGS, sync_to_thread=True)
def change_business_hours(
    kernel: GivenKernel, business_hours_id: FromPath[int], data: JSONBody[ChangeBusinessHours]
) -> BusinessHours:
    """Change business hours; what is left out stays."""
    columns = data.columns()
    return kernel.database.run(
        lambda session: BusinessHours.of(
            change(session, models.BusinessHours, business_hours_id, columns)
        )
    )


@delete(ONE, operation_id="adminDeleteBusinessHours", tags=TAGS, sync_to_thread=True)
def delete_business_hours(kernel: GivenKernel, business_hours_id: FromPath[int]) -> None:
    """Delete business hours that no department has; 409 names the departments."""
    rows.removed(kernel, models.BusinessHours, business_hours_id)


HANDLERS = [
    list_business_hours,
    create_business_hours,
    get_business_hours,
    change_business_hours,
    delete_business_hours,
]
