"""Write ledger entries: the only code that moves money."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.domain.ledger import (
    GUARDED,
    AccountKey,
    AccountKind,
    EntryDraft,
    InsufficientFundsError,
    Leg,
    balanced,
)
from billing_kernel.models import LedgerAccount, LedgerEntry, Posting, wall_clock


def post(session: Session, draft: EntryDraft) -> LedgerEntry:
    """Write one entry and move the balances of its accounts.

    Accounts are locked in the order of their ids. Raises InsufficientFundsError where what
    belongs to a client would fall below its limit; nothing is written then.
    """
    draft = balanced(draft)
    ids = {leg.account: _account_id(session, leg.account) for leg in draft.legs}
    entry = LedgerEntry(
        kind=draft.kind,
        source_type=draft.source_type,
        source_id=draft.source_id,
        description=draft.description[:500],
        invoice_id=draft.invoice_id,
        service_id=draft.service_id,
        reverses_entry_id=draft.reverses_entry_id,
        sealed=0,
    )
    session.add(entry)
    session.flush()
    for leg in sorted(draft.legs, key=lambda leg: ids[leg.account]):
        account_id = ids[leg.account]
        after = _move(session, account_id, leg.amount)
        session.execute(
            insert(Posting).values(
                entry_id=entry.id,
                ledger_account_id=account_id,
                amount_minor=leg.amount.amount_minor,
                currency=leg.amount.currency,
                balance_after_minor=after,
            )
        )
    entry.sealed = 1
    session.flush()
    return entry


def _move(session: Session, account_id: int, amount: Money) -> int:
    after = session.execute(
        update(LedgerAccount)
        .where(
            LedgerAccount.id == account_id,
            ~LedgerAccount.guarded
            | (
                LedgerAccount.balance_minor + LedgerAccount.credit_limit_minor + amount.amount_minor
                >= 0
            ),
        )
        .values(
            balance_minor=LedgerAccount.balance_minor + amount.amount_minor,
            version=LedgerAccount.version + 1,
            updated_at=wall_clock(),
        )
        .returning(LedgerAccount.balance_minor)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if after is None:
        raise InsufficientFundsError(f"the balance doesn't cover {-amount}")
    return after


def entry_legs(session: Session, entry: LedgerEntry) -> tuple[Leg, ...]:
    """The legs of a written entry, as a reversal needs them."""
    rows = session.execute(
        select(Posting, LedgerAccount)
        .join(LedgerAccount, LedgerAccount.id == Posting.ledger_account_id)
        .where(Posting.entry_id == entry.id)
    )
    return tuple(
        Leg(
            AccountKey(
                AccountKind(account.kind),
                account.provider_id,
                account.currency,
                account.client_id,
                account.payment_method_id,
            ),
            Money(posting.amount_minor, posting.currency),
        )
        for posting, account in rows
    )


def balance_of(session: Session, key: AccountKey) -> Money:
    """The running balance of an account; zero for one that was never used."""
    minor = session.scalar(select(LedgerAccount.balance_minor).where(*_matches(key)))
    return Money(minor or 0, key.currency)


def lock_accounts(session: Session, keys: Iterable[AccountKey]) -> None:
    """Lock accounts for entries that are decided by their balances, in the order of ``post``."""
    found = {session.scalar(select(LedgerAccount.id).where(*_matches(key))) for key in keys}
    session.execute(
        select(LedgerAccount.id)
        .where(LedgerAccount.id.in_(found - {None}))
        .order_by(LedgerAccount.id)
        .with_for_update()
    )


def may_spend(session: Session, key: AccountKey, amount_minor: int) -> bool:
    """Whether an account covers an amount now, with its credit limit."""
    account = session.scalars(
        select(LedgerAccount)
        .where(*_matches(key))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if account is None:
        return amount_minor <= 0
    return account.balance_minor + account.credit_limit_minor >= amount_minor


def _account_id(session: Session, key: AccountKey) -> int:
    found = session.scalar(select(LedgerAccount.id).where(*_matches(key)))
    if found is not None:
        return found
    values = {
        "kind": str(key.kind),
        "provider_id": key.provider_id,
        "client_id": key.client_id,
        "payment_method_id": key.payment_method_id,
        "currency": key.currency,
        "guarded": key.kind in GUARDED,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(LedgerAccount).values(**values).on_conflict_do_nothing())
    return session.scalars(select(LedgerAccount.id).where(*_matches(key))).one()


def _matches(key: AccountKey) -> tuple[ColumnElement[bool], ...]:
    return (
        LedgerAccount.kind == str(key.kind),
        LedgerAccount.provider_id == key.provider_id,
        LedgerAccount.currency == key.currency,
        LedgerAccount.client_id.is_not_distinct_from(key.client_id),
        LedgerAccount.payment_method_id.is_not_distinct_from(key.payment_method_id),
    )
