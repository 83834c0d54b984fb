"""Name servers, and where the free domains of services lead."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application import delegating
from billing_kernel.application.connecting import ask_module
from billing_kernel.application.finding import find
from billing_kernel.application.pointing import domain_of
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.connections import ConnectionChecked
from billing_kernel.http.shapes.name_servers import (
    ChangeNameServer,
    CreateNameServer,
    NameServer,
    ServiceDomain,
)

PATH, ONE = "/name-servers", "/name-servers/{name_server_id:int}"
TAGS = ["Administration: name servers"]


@get(PATH, operation_id="adminListNameServers", tags=TAGS, sync_to_thread=True)
def list_name_servers(
    kernel: GivenKernel, paging: GivenPaging, provider_id: IdFilter = None
) -> Page[NameServer]:
    """Every name server."""
    return rows.listed(kernel, models.NameServer, paging, NameServer.of, provider_id=provider_id)


@post(PATH, operation_id="adminCreateNameServer", tags=TAGS, sync_to_thread=True)
def create_name_server(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateNameServer]
) -> Response[NameServer]:
    """Connect to a name server. The connection is checked first."""
    if repeated := once.before():
        return repeated
    command = data.command()
    with kernel.database.reading() as session:
        driver, settings = delegating.check_name_server(session, kernel, command)
    ask_module(kernel, driver, settings, driver.check_connection)
    return once.answer(
        lambda session: NameServer.of(
            delegating.add_name_server(session, kernel, command, settings)
        )
    )


@get(ONE, operation_id="adminGetNameServer", tags=TAGS, sync_to_thread=True)
def get_name_server(kernel: GivenKernel, name_server_id: FromPath[int]) -> NameServer:
    """One name server."""
    return rows.shown(kernel, models.NameServer, name_server_id, NameServer.of)


@patch(ONE, operation_id="adminChangeNameServer", tags=TAGS, sync_to_thread=True)
def change_name_server(
    kernel: GivenKernel, name_server_id: FromPath[int], data: JSONBody[ChangeNameServer]
) -> NameServer:
    """Change a name server; new settings are tried before they are kept."""
    settings = None
    if data.settings is not UNSET:
        with kernel.database.reading() as session:
            driver, settings = delegating.check_new_settings(
                session, kernel, name_server_id, data.settings
            )
        ask_module(kernel, driver, settings, driver.check_connection)

    def work(session: Session) -> NameServer:
        return NameServer.of(
            delegating.change_name_server(session, kernel, name_server_id, data.columns(), settings)
        )

    return kernel.database.run(work)


@delete(ONE, operation_id="adminDeleteNameServer", tags=TAGS, sync_to_thread=True)
def delete_name_server(kernel: GivenKernel, name_server_id: FromPath[int]) -> None:
    """Delete a name server that nothing uses; 409 names the users."""
    rows.removed(kernel, models.NameServer, name_server_id)


@post(
    f"{ONE}/check",
    operation_id="adminCheckNameServer",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def check_name_server(kernel: GivenKernel, name_server_id: FromPath[int]) -> ConnectionChecked:
    """Ask the name server whether address and credentials work; 422 and 503 say what doesn't."""
    with kernel.database.reading() as session:
        server = find(session, models.NameServer, name_server_id)
    report = delegating.check_connection(kernel, server)
    return ConnectionChecked(summary=report.summary, facts=report.facts)


@get(
    "/services/{service_id:int}/domain",
    operation_id="adminGetServiceDomain",
    tags=TAGS,
    sync_to_thread=True,
)
def get_service_domain(kernel: GivenKernel, service_id: FromPath[int]) -> ServiceDomain:
    """Where the free domain of a service leads; 404 for a service without one."""
    with kernel.database.reading() as session:
        return ServiceDomain.of(domain_of(session, service_id))


HANDLERS = [
    list_name_servers,
    create_name_server,
    get_name_server,
    change_name_server,
    delete_name_server,
    check_name_server,
]
