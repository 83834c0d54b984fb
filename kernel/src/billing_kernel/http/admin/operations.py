"""Operations: instructions to upstreams, and what people decide about them."""

from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from billing_kernel import models
from billing_kernel.application.resolving import resolve, retry_operation
from billing_kernel.domain.states import OperationState
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.operations import Operation, ResolveOperation

PATH, ONE = "/operations", "/operations/{operation_id:int}"
TAGS = ["Administration: operations and tasks"]


@get(PATH, operation_id="adminListOperations", tags=TAGS, sync_to_thread=True)
def list_operations(
    kernel: GivenKernel,
    paging: GivenPaging,
    in_state: Annotated[OperationState | None, QueryParameter(name="state")] = None,
    service_id: IdFilter = None,
) -> Page[Operation]:
    """Every operation, newest first."""
    return rows.listed(
        kernel,
        models.Operation,
        paging,
        Operation.of,
        newest_first=True,
        state=in_state,
        service_id=service_id,
    )


@get(ONE, operation_id="adminGetOperation", tags=TAGS, sync_to_thread=True)
def get_operation(kernel: GivenKernel, operation_id: FromPath[int]) -> Operation:
    """One operation."""
    return rows.shown(kernel, models.Operation, operation_id, Operation.of)


@post(
    f"{ONE}/retry",
    operation_id="adminRetryOperation",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def retry(kernel: GivenKernel, operation_id: FromPath[int]) -> Operation:
    """Go on now. What may have been sent is looked up first; nothing is sent twice."""
    return kernel.database.run(lambda session: Operation.of(retry_operation(session, operation_id)))


@post(
    f"{ONE}/resolve",
    operation_id="adminResolveOperation",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def resolve_operation(
    kernel: GivenKernel, operation_id: FromPath[int], data: JSONBody[ResolveOperation]
) -> Operation:
    """Say what really happened upstream; the service and its money follow."""
    return kernel.database.run(
        lambda session: Operation.of(resolve(session, kernel, operation_id, data.told()))
    )


HANDLERS = [list_operations, get_operation, retry, resolve_operation]
