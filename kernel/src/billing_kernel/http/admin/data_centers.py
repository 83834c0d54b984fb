"""Data centres: where servers are."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.providers import ChangeDataCenter, CreateDataCenter, DataCenter

PATH, ONE = "/data-centers", "/data-centers/{data_center_id:int}"
TAGS = ["Administration: data centres"]


@get(PATH, operation_id="adminListDataCenters", tags=TAGS, sync_to_thread=True)
def list_data_centers(kernel: GivenKernel, paging: GivenPaging) -> Page[DataCenter]:
    """Every data centre."""
    return rows.listed(kernel, models.DataCenter, paging, DataCenter.of)


@post(PATH, operation_id="adminCreateDataCenter", tags=TAGS, sync_to_thread=True)
def create_data_center(once: GivenOnce, data: JSONBody[CreateDataCenter]) -> Response[DataCenter]:
    """Create a data centre."""
    return rows.created(once, models.DataCenter, data, DataCenter.of)


@get(ONE, operation_id="adminGetDataCenter", tags=TAGS, sync_to_thread=True)
def get_data_center(kernel: GivenKernel, data_center_id: FromPath[int]) -> DataCenter:
    """One data centre."""
    return rows.shown(kernel, models.DataCenter, data_center_id, DataCenter.of)


@patch(ONE, operation_id="adminChangeDataCenter", tags=TAGS, sync_to_thread=True)
def change_data_center(
    kernel: GivenKernel, data_center_id: FromPath[int], data: JSONBody[ChangeDataCenter]
) -> DataCenter:
    """Change a data centre; what is left out stays."""
    return rows.changed(kernel, models.DataCenter, data_center_id, data, DataCenter.of)


@delete(ONE, operation_id="adminDeleteDataCenter", tags=TAGS, sync_to_thread=True)
def delete_data_center(kernel: GivenKernel, data_center_id: FromPath[int]) -> None:
    """Delete a data centre that nothing uses; 409 names the users."""
    rows.removed(kernel, models.DataCenter, data_center_id)


HANDLERS = [
    list_data_centers,
    create_data_center,
    get_data_center,
    change_data_center,
    delete_data_center,
]
