"""A client's payers: whom its invoices are made out to."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_kernel import models
from billing_kernel.application.finding import find
from billing_kernel.application.naming import (
    archive_payer,
    change_payer,
    create_payer,
    party_of,
    payer_of_client,
)
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.parties import ChangePayer, CreatePayer, Payer, changed_party

PATH, ONE = "/payers", "/payers/{payer_id:int}"
TAGS = ["Payers"]


@get(PATH, operation_id="listPayers", tags=TAGS, sync_to_thread=True)
def list_payers(kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging) -> Page[Payer]:
    """Your payers; deleted ones are left out."""
    mine = select(models.Payer).where(
        models.Payer.client_id == caller.id, ~models.Payer.is_archived
    )
    with kernel.database.reading() as session:
        return page_of_rows(session, mine, models.Payer, paging, Payer.of)


@post(PATH, operation_id="createPayer", tags=TAGS, sync_to_thread=True)
def create(
    kernel: GivenKernel, caller: GivenCaller, once: GivenOnce, data: JSONBody[CreatePayer]
) -> Response[Payer]:
    """Add a payer; bank details and tax numbers are checked, 400 points at what is wrong."""

    def work(session: Session) -> Payer:
        payer = create_payer(session, kernel, caller.id, data.party(), data.language or "")
        return Payer.of(payer)

    return once.answer(work)


@get(ONE, operation_id="getPayer", tags=TAGS, sync_to_thread=True)
def get_payer(kernel: GivenKernel, caller: GivenCaller, payer_id: FromPath[int]) -> Payer:
    """One of your payers."""
    with kernel.database.reading() as session:
        row = find(session, models.Payer, payer_id, client_id=caller.id, is_archived=False)
        return Payer.of(row)


@patch(ONE, operation_id="changePayer", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel, caller: GivenCaller, payer_id: FromPath[int], data: JSONBody[ChangePayer]
) -> Payer:
    """Change a payer for invoices to come; issued ones keep what they name."""

    def work(session: Session) -> Payer:
        row = payer_of_client(session, payer_id, caller.id)
        party = changed_party(party_of(row), data)
        language = given(data).get("language", row.language) or ""
        return Payer.of(change_payer(session, kernel, row, party, language))

    return kernel.database.run(work)


@delete(ONE, operation_id="deletePayer", tags=TAGS, sync_to_thread=True)
def delete_payer(kernel: GivenKernel, caller: GivenCaller, payer_id: FromPath[int]) -> None:
    """Delete a payer; invoices that name it keep it."""
    kernel.database.run(lambda session: archive_payer(session, payer_id, caller.id))


HANDLERS = [list_payers, create, get_payer, change, delete_payer]
