"""Logging in and out."""

from typing import Any

from litestar import Request, Response, delete, post
from litestar.params import JSONBody

from billing_kernel.application.registering import log_in, log_out
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.shapes import clients as shapes


@post("/sessions", operation_id="logIn", tags=["Sessions"], sync_to_thread=True)
def open_session(
    request: Request[Any, Any, Any], kernel: GivenKernel, data: JSONBody[shapes.LogIn]
) -> Response[shapes.OpenedSession]:
    """Open a session; ten failures within a quarter of an hour close the door for as long."""
    opened = log_in(kernel, data.email, data.password, peer_of(request))
    return Response(shapes.OpenedSession.of(opened))


@delete("/sessions/current", operation_id="logOut", tags=["Sessions"], sync_to_thread=True)
def close_session(kernel: GivenKernel, caller: GivenCaller) -> None:
    """End this session; its token is worth nothing from now on."""
    kernel.database.run(lambda session: log_out(session, caller))


def peer_of(request: Request[Any, Any, Any]) -> str:
    """The address at the other end of the socket, as the server saw it.

    Behind a proxy the server, not we, reads forwarded addresses, and only from proxies that
    it is told to trust.
    """
    return request.client.host if request.client else ""
