"""A client's balances and statement."""

from litestar import get
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.domain.ledger import AccountKind
from billing_kernel.http.auth import GivenCaller, GivenKernel
from billing_kernel.http.pagination import GivenPaging, Page, page_of_pairs
from billing_kernel.http.shapes.ledger import Balance, StatementRow
from billing_kernel.models import Client, LedgerAccount, LedgerEntry, Posting, Provider

TAGS = ["Balance"]


@get("/balances", operation_id="listBalances", tags=TAGS, sync_to_thread=True)
def list_balances(kernel: GivenKernel, caller: GivenCaller) -> Page[Balance]:
    """What you have at each provider and in each currency; on one page."""
    with kernel.database.reading() as session:
        return Page(balances_of(session, caller.id))


@get("/ledger-entries", operation_id="listStatement", tags=TAGS, sync_to_thread=True)
def list_statement(
    kernel: GivenKernel, caller: GivenCaller, paging: GivenPaging
) -> Page[StatementRow]:
    """Every movement on your balance, newest first."""
    mine = (
        select(Posting, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.id == Posting.entry_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.ledger_account_id)
        .where(
            LedgerAccount.client_id == caller.id,
            LedgerAccount.kind == AccountKind.BALANCE,
        )
    )
    with kernel.database.reading() as session:
        return page_of_pairs(session, mine, Posting, paging, StatementRow.of)


def balances_of(session: Session, client_id: int) -> list[Balance]:
    """A client's balances; zero in the provider's currency where nothing ever moved."""
    accounts = session.scalars(
        select(LedgerAccount)
        .where(LedgerAccount.client_id == client_id)
        .order_by(LedgerAccount.provider_id, LedgerAccount.currency)
    ).all()
    by_kind = {(row.provider_id, row.currency, row.kind): row for row in accounts}
    client = session.get_one(Client, client_id)
    provider = session.get_one(Provider, client.provider_id)
    places = dict.fromkeys([(provider.id, provider.currency), *((p, c) for p, c, _ in by_kind)])
    return [_balance(place, by_kind) for place in places]


def _balance(
    place: tuple[int, str], accounts: dict[tuple[int, str, str], LedgerAccount]
) -> Balance:
    provider_id, currency = place
    own = accounts.get((provider_id, currency, AccountKind.BALANCE))
    held = accounts.get((provider_id, currency, AccountKind.HELD))
    return Balance(
        provider_id=provider_id,
        balance=Money(own.balance_minor if own else 0, currency),
        held=Money(held.balance_minor if held else 0, currency),
        credit_limit=Money(own.credit_limit_minor if own else 0, currency),
    )
