"""Whoever is logged in."""

from litestar import get, patch, put
from litestar.params import JSONBody

from billing_kernel import models
from billing_kernel.application.registering import (
    change_client,
    check_own_password,
    check_password,
    hash_password,
    set_password,
)
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.clients import check_confirmation
from billing_kernel.http.shapes.clients import ChangeOwnProfile, ChangePassword, Client

TAGS = ["Me"]


@get("/me", operation_id="getMe", tags=TAGS, sync_to_thread=True)
def get_me(kernel: GivenKernel, caller: GivenCaller) -> Client:
    """Who you are here."""
    with kernel.database.reading() as session:
        return Client.of(session.get_one(models.Client, caller.id))


@patch("/me", operation_id="changeMe", tags=TAGS, sync_to_thread=True)
def change_me(kernel: GivenKernel, caller: GivenCaller, data: JSONBody[ChangeOwnProfile]) -> Client:
    """Change your name, country, phone, language, or whether invoices pay by themselves."""
    return kernel.database.run(
        lambda session: Client.of(change_client(session, caller.id, data.columns()))
    )


@put(
    "/me/password",
    operation_id="changePassword",
    tags=TAGS,
    status_code=204,
    sync_to_thread=True,
)
def change_password(
    kernel: GivenKernel, caller: GivenCaller, data: JSONBody[ChangePassword]
) -> None:
    """Change your own password, in whatever role; your other sessions end."""
    check_password(data.password)
    check_confirmation(data.password, data.password_confirmation)
    check_own_password(kernel, caller, data.current_password, "/current_password")
    password_hash = hash_password(data.password)
    kernel.database.run(lambda session: set_password(session, caller, password_hash))
