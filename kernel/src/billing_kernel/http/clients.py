"""Registration."""

from typing import Any

from litestar import Request, Response, post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.registering import (
    NewSession,
    RegisterClient,
    check_password,
    hash_password,
    log_in,
    open_session,
    register_client,
)
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.sessions import peer_of
from billing_kernel.http.shapes import clients as shapes


@post("/clients", operation_id="registerClient", tags=["Sessions"], sync_to_thread=True)
def register(
    request: Request[Any, Any, Any],
    kernel: GivenKernel,
    once: GivenOnce,
    data: JSONBody[shapes.RegisterClient],
) -> Response[shapes.RegisteredClient]:
    """Register a client and log it in.

    A repeated registration gets a token of its own, for the password that it carries: tokens
    are not kept in stored answers.
    """
    check_password(data.password)
    check_confirmation(data.password, data.password_confirmation)
    command, password_hash = _command(data), hash_password(data.password)
    opened: list[NewSession] = []

    def work(session: Session) -> shapes.Client:
        client = register_client(session, kernel, command, password_hash)
        opened.append(open_session(session, client))
        return shapes.Client.of(client)

    def with_token(client: Any, is_new: bool) -> Any:
        login = (
            opened[-1] if is_new else log_in(kernel, data.email, data.password, peer_of(request))
        )
        return {"client": client, "token": login.token}

    return once.answer(work, dress=with_token)


def check_confirmation(password: str, confirmation: str) -> None:
    """Raise InvalidInputError unless both are the same."""
    if password != confirmation:
        raise InvalidInputError([FieldError("/password_confirmation", "is not the same")])


def _command(data: shapes.RegisterClient) -> RegisterClient:
    return RegisterClient(
        name=data.name,
        email=data.email,
        password=data.password,
        country=data.country,
        provider_id=data.provider_id,
        phone=data.phone,
        language=data.language or "",
    )
