"""Into the panels of all clients' services; who entered one is an event."""

from litestar import post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from billing_kernel.application.entering import change_service_password, open_panel
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.panels import ONE, checked_password
from billing_kernel.http.service_views import for_administrator
from billing_kernel.http.shapes.services import ChangeServicePassword, PanelLink, Service

TAGS = ["Administration: services"]


@post(f"{ONE}/panel-link", operation_id="adminLinkServicePanel", tags=TAGS, sync_to_thread=True)
def link_panel(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> PanelLink:
    """An address that logs in to a service's panel as its client, once.

    That somebody asked for it, and who, is recorded as ``PanelEntered``.
    """
    return PanelLink(url=open_panel(kernel, service_id, caller))


@post(
    f"{ONE}/change-password",
    operation_id="adminChangeServicePassword",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def change_password(
    kernel: GivenKernel, service_id: FromPath[int], data: JSONBody[ChangeServicePassword]
) -> Service:
    """Begin to give the service's user in the panel another password."""
    password = checked_password(data)

    def work(session: Session) -> Service:
        service = change_service_password(session, kernel, service_id, password)
        session.flush()
        return for_administrator(session, kernel, service)

    return kernel.database.run(work)


HANDLERS = [link_panel, change_password]
