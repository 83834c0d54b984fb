"""Clients, and corrections of their balances."""

from typing import Annotated

from litestar import Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.adjusting import AdjustBalance, adjust_balance
from billing_kernel.application.finding import find
from billing_kernel.application.lending import LimitCredit, set_credit_limit
from billing_kernel.application.parking import release
from billing_kernel.application.registering import change_client
from billing_kernel.http.admin import rows
from billing_kernel.http.admin.ledger import entry_shape
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.balances import balances_of
from billing_kernel.http.filters import IdFilter, TextFilter
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import Amount, Body, RowId
from billing_kernel.http.shapes.clients import ChangeClient, ClientSeenWithin, ReleaseClient
from billing_kernel.http.shapes.ledger import Balance, LedgerEntryAnswer

PATH, ONE = "/clients", "/clients/{client_id:int}"
TAGS = ["Administration: clients"]

Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class AdjustBalanceBody(Body):
    """An amount above zero is the client's gain; the reason stays with it."""

    EXAMPLE = {"amount": {"amount_minor": 500, "currency": "EUR"}, "reason": "An apology"}

    amount: Amount
    reason: Reason
    provider_id: RowId | None = None


class CreditLimit(Body):
    """How far below zero the balance may fall; 0 allows no debt."""

    EXAMPLE = {"limit": {"amount_minor": 10000, "currency": "EUR"}}

    limit: Amount
    provider_id: RowId | None = None


@get(PATH, operation_id="adminListClients", tags=TAGS, sync_to_thread=True)
def list_clients(
    kernel: GivenKernel,
    paging: GivenPaging,
    provider_id: IdFilter = None,
    client_group_id: IdFilter = None,
    email: TextFilter = None,
    is_parked: FromQuery[bool | None] = None,
) -> Page[ClientSeenWithin]:
    """Every client; ``is_parked`` those that automatic work leaves alone, or the others."""
    return rows.listed(
        kernel,
        models.Client,
        paging,
        ClientSeenWithin.of,
        among=_among(is_parked),
        provider_id=provider_id,
        client_group_id=client_group_id,
        email=email.lower() if email else None,
    )


@get(ONE, operation_id="adminGetClient", tags=TAGS, sync_to_thread=True)
def get_client(kernel: GivenKernel, client_id: FromPath[int]) -> ClientSeenWithin:
    """One client."""
    return rows.shown(kernel, models.Client, client_id, ClientSeenWithin.of)


@patch(ONE, operation_id="adminChangeClient", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel, client_id: FromPath[int], data: JSONBody[ChangeClient]
) -> ClientSeenWithin:
    """Change a client; a disabled one can't log in, and its sessions are worth nothing."""
    return kernel.database.run(
        lambda session: ClientSeenWithin.of(change_client(session, client_id, data.columns()))
    )


@post(
    f"{ONE}/release",
    operation_id="adminReleaseClient",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def release_parked(
    kernel: GivenKernel,
    caller: GivenCaller,
    client_id: FromPath[int],
    data: JSONBody[ReleaseClient],
) -> ClientSeenWithin:
    """Let automatic work go on with a parked client, from the next run on."""
    return kernel.database.run(
        lambda session: ClientSeenWithin.of(
            release(session, kernel, client_id, caller.id, data.charges_per_run_max)
        )
    )


@get(f"{ONE}/balances", operation_id="adminListBalances", tags=TAGS, sync_to_thread=True)
def list_balances(kernel: GivenKernel, client_id: FromPath[int]) -> Page[Balance]:
    """What a client has at each provider and in each currency; on one page."""
    with kernel.database.reading() as session:
        return Page(balances_of(session, find(session, models.Client, client_id).id))


@post(f"{ONE}/adjustments", operation_id="adminAdjustBalance", tags=TAGS, sync_to_thread=True)
def adjust(
    kernel: GivenKernel,
    caller: GivenCaller,
    once: GivenOnce,
    client_id: FromPath[int],
    data: JSONBody[AdjustBalanceBody],
) -> Response[LedgerEntryAnswer]:
    """Correct a client's balance by hand: a ledger entry with its reason."""
    amount = data.amount.money()

    def work(session: Session) -> LedgerEntryAnswer:
        command = AdjustBalance(client_id, caller.id, amount, data.reason, data.provider_id)
        _, entry = adjust_balance(session, command)
        session.refresh(entry)
        return entry_shape(session, entry)

    return once.answer(work)


@put(f"{ONE}/credit-limit", operation_id="adminSetCreditLimit", tags=TAGS, sync_to_thread=True)
def limit_credit(
    kernel: GivenKernel, client_id: FromPath[int], data: JSONBody[CreditLimit]
) -> Page[Balance]:
    """Set how far a client's balance may fall below zero; the client's balances, on one page."""
    command = LimitCredit(client_id, data.limit.money(), data.provider_id)

    def work(session: Session) -> Page[Balance]:
        set_credit_limit(session, command)
        return Page(balances_of(session, client_id))

    return kernel.database.run(work)


def _among(is_parked: bool | None) -> Select[models.Client]:
    if is_parked is None:
        return select(models.Client)
    parked = models.Client.parked_at.is_not(None)
    return select(models.Client).where(parked if is_parked else ~parked)


HANDLERS = [list_clients, get_client, change, release_parked, list_balances, adjust, limit_credit]
