"""Who may call a route. A route that doesn't say so is closed to everybody."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import Caller, caller_of
from billing_kernel.domain.errors import ForbiddenError, LoginRequiredError, MissingError
from billing_kernel.domain.rights import Right

GivenKernel: TypeAlias = NamedDependency[SkipValidation[Kernel]]
GivenCaller: TypeAlias = NamedDependency[SkipValidation[Caller]]
GivenVisitor: TypeAlias = NamedDependency[SkipValidation[Caller | None]]


class Access(StrEnum):
    """Who may call a route; ``opt={"access": ...}`` of its router or of itself says which.

    EVERYONE   no token is looked at.
    VISITOR    anybody; a token that is sent must be valid, and the answer may depend on it.
    LOGGED_IN  clients, employees and administrators.
    EMPLOYEE   administrators, and employees; where ``opt={"right": ...}`` names a right, only
               those who have it.
    """

    EVERYONE = "everyone"
    VISITOR = "visitor"
    LOGGED_IN = "logged_in"
    CLIENT = "client"
    EMPLOYEE = "employee"
    ADMINISTRATOR = "administrator"


EVERY_EMPLOYEE: Mapping[str, Any] = {
    "opt": {"right": None},
    "security": [{"token": [str(Access.EMPLOYEE)]}],
}
"""Arguments of a route among those of a right that is open to all employees."""


async def check_access(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Let the request through, or raise LoginRequiredError, ForbiddenError, MissingError.

    What is for everyone takes no thread, so that a busy process still says that it lives.
    """
    access = handler.opt.get("access")
    if access is None:
        raise ForbiddenError("this address is closed")
    _refuse_odd_ids(connection)
    if access is Access.EVERYONE:
        return
    token = _bearer_token(connection.headers.get("authorization"))
    if token is None:
        if access is not Access.VISITOR:
            raise LoginRequiredError("log in first: send Authorization: Bearer <token>")
        return
    caller = await sync_to_thread(_caller, connection.app.state.kernel, token)
    _check_role(caller, access, handler.opt.get("right"))
    connection.state.caller = caller


def _check_role(caller: Caller, access: Access, right: Right | None) -> None:
    if access not in (Access.CLIENT, Access.EMPLOYEE, Access.ADMINISTRATOR):
        return
    if access is Access.EMPLOYEE and caller.role == Access.ADMINISTRATOR:
        return
    if caller.role != access:
        raise ForbiddenError(f"this is for the role {access}; you are logged in as {caller.role}")
    if right is not None:
        caller.require(right)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Who is asking; only for routes that need a login."""
    caller: Caller = request.state.caller
    return caller


def provide_visitor(request: Request[Any, Any, Any]) -> Caller | None:
    """Who is asking, if anybody is logged in."""
    caller: Caller | None = request.state.get("caller")
    return caller


def _caller(kernel: Kernel, token: str) -> Caller:
    with kernel.database.reading() as session:
        return caller_of(session, token)


def _bearer_token(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise LoginRequiredError("send Authorization: Bearer <token>")
    return token.strip()


def _refuse_odd_ids(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """One object has one address: ``/orders/01`` and digits of other scripts name nothing."""
    steps = connection.scope["path"].split("/")
    for name, value in connection.path_params.items():
        if isinstance(value, int) and str(value) not in steps:
            raise MissingError(f"there is no such {name}")
