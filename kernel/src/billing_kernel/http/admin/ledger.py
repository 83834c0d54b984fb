"""The books: every entry, and the check of every promise."""

from litestar import get
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.filters import IdFilter
from billing_kernel.http.pagination import GivenPaging, Page, page_of_rows
from billing_kernel.http.shapes.ledger import (
    LedgerCheck,
    LedgerEntryAnswer,
    PostingAnswer,
    Source,
)
from billing_kernel.models import LedgerAccount, LedgerEntry, Posting

TAGS = ["Administration: ledger"]


@get("/ledger/entries", operation_id="adminListLedgerEntries", tags=TAGS, sync_to_thread=True)
def list_entries(
    kernel: GivenKernel, paging: GivenPaging, client_id: IdFilter = None
) -> Page[LedgerEntryAnswer]:
    """Every movement of money with its postings, newest first."""
    statement = select(LedgerEntry)
    if client_id is not None:
        concerned = (
            select(Posting.entry_id)
            .join(LedgerAccount, LedgerAccount.id == Posting.ledger_account_id)
            .where(LedgerAccount.client_id == client_id)
        )
        statement = statement.where(LedgerEntry.id.in_(concerned))
    with kernel.database.reading() as session:
        return page_of_rows(
            session,
            statement,
            LedgerEntry,
            paging,
            lambda entry: entry_shape(session, entry),
            newest_first=True,
        )


@get("/ledger/verify", operation_id="adminVerifyLedger", tags=TAGS, sync_to_thread=True)
def verify(kernel: GivenKernel) -> LedgerCheck:
    """Check every promise about money, and name the rows that break one."""
    with kernel.database.reading() as session:
        return LedgerCheck.of(verify_ledger(session))


def entry_shape(session: Session, entry: models.LedgerEntry) -> LedgerEntryAnswer:
    """An entry with the accounts of its postings."""
    return LedgerEntryAnswer(
        id=entry.id,
        created_at=entry.created_at,
        kind=entry.kind,
        description=entry.description,
        source=Source(type=entry.source_type, id=entry.source_id),
        postings=[_posting(session, posting) for posting in entry.postings],
    )


def _posting(session: Session, posting: Posting) -> PostingAnswer:
    account = session.get_one(LedgerAccount, posting.ledger_account_id)
    return PostingAnswer(
        ledger_account=account.kind,
        client_id=account.client_id,
        amount=Money(posting.amount_minor, posting.currency),
    )


HANDLERS = [list_entries, verify]
