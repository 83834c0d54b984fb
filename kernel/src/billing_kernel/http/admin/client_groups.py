"""Client groups: clients with the same rights."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import grouping
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.client_groups import (
    ChangeClientGroup,
    ClientGroup,
    CreateClientGroup,
)

PATH, ONE = "/client-groups", "/client-groups/{client_group_id:int}"
TAGS = ["Administration: client groups"]


@get(PATH, operation_id="adminListClientGroups", tags=TAGS, sync_to_thread=True)
def list_client_groups(kernel: GivenKernel, paging: GivenPaging) -> Page[ClientGroup]:
    """Every client group."""
    return rows.listed(kernel, models.ClientGroup, paging, ClientGroup.of)


@post(PATH, operation_id="adminCreateClientGroup", tags=TAGS, sync_to_thread=True)
def create_client_group(
    once: GivenOnce, data: JSONBody[CreateClientGroup]
) -> Response[ClientGroup]:
    """Create a client group."""
    columns = msgspec.structs.asdict(data)
    return once.answer(lambda session: ClientGroup.of(grouping.create_group(session, columns)))


@get(ONE, operation_id="adminGetClientGroup", tags=TAGS, sync_to_thread=True)
def get_client_group(kernel: GivenKernel, client_group_id: FromPath[int]) -> ClientGroup:
    """One client group."""
    return rows.shown(kernel, models.ClientGroup, client_group_id, ClientGroup.of)


@patch(ONE, operation_id="adminChangeClientGroup", tags=TAGS, sync_to_thread=True)
def change_client_group(
    kernel: GivenKernel, client_group_id: FromPath[int], data: JSONBody[ChangeClientGroup]
) -> ClientGroup:
    """Change a client group; what is left out stays."""
    columns = given(data)
    return kernel.database.run(
        lambda session: ClientGroup.of(grouping.change_group(session, client_group_id, columns))
    )


@delete(ONE, operation_id="adminDeleteClientGroup", tags=TAGS, sync_to_thread=True)
def delete_client_group(kernel: GivenKernel, client_group_id: FromPath[int]) -> None:
    """Delete a client group that nothing uses; 409 names its clients or tariff plans."""
    kernel.database.run(lambda session: grouping.delete_group(session, client_group_id))


HANDLERS = [
    list_client_groups,
    create_client_group,
    get_client_group,
    change_client_group,
    delete_client_group,
]
