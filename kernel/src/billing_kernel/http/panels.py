"""Into the panel of a service and back, and the password of its user there."""

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from billing_kernel.application.closing import CLIENT
from billing_kernel.application.entering import (
    change_service_password,
    open_panel,
    return_address,
)
from billing_kernel.application.registering import check_password
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.clients import check_confirmation
from billing_kernel.http.service_views import for_client
from billing_kernel.http.shapes.services import ChangeServicePassword, PanelLink, Service

TAGS = ["Services"]
ONE = "/services/{service_id:int}"


@post(f"{ONE}/panel-link", operation_id="linkServicePanel", tags=TAGS, sync_to_thread=True)
def link_panel(kernel: GivenKernel, caller: GivenCaller, service_id: FromPath[int]) -> PanelLink:
    """An address that logs you in to the service's panel, once; send the browser there now.

    The panel is told where to lead back to: ``/panel-returns``.
    """
    return PanelLink(url=open_panel(kernel, service_id, caller, client_id=caller.id))


@get(
    "/panel-returns/{token:str}",
    operation_id="returnFromPanel",
    tags=TAGS,
    status_code=303,
    sync_to_thread=True,
)
def return_from_panel(kernel: GivenKernel, token: FromPath[str]) -> Redirect:
    """Back from a panel to the client area, where the session that was left goes on.

    The address that a panel link carried; it opens nothing and is worth nothing to others.
    """
    return Redirect(return_address(kernel, token), status_code=303)


@post(
    f"{ONE}/change-password",
    operation_id="changeServicePassword",
    tags=TAGS,
    status_code=202,
    sync_to_thread=True,
)
def change_password(
    kernel: GivenKernel,
    caller: GivenCaller,
    service_id: FromPath[int],
    data: JSONBody[ChangeServicePassword],
) -> Service:
    """Begin to give the service's user in the panel another password."""
    password = checked_password(data)

    def work(session: Session) -> Service:
        service = change_service_password(
            session, kernel, service_id, password, CLIENT, client_id=caller.id
        )
        session.flush()
        return for_client(session, kernel, service)

    return kernel.database.run(work)


def checked_password(data: ChangeServicePassword) -> str:
    """The password, if it is one that we accept; raises InvalidInputError."""
    check_password(data.password)
    if data.password_confirmation is not None:
        check_confirmation(data.password, data.password_confirmation)
    return data.password


HANDLERS = [link_panel, change_password]
