"""Write ledger entries: the only code that moves money."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import Money
from billing_kernel.bulk import among, bulk_update, bulk_write, draw_ids
from billing_kernel.domain.ledger import (
    GUARDED,
    AccountKey,
    AccountKind,
    DebtAboveLimitError,
    EntryDraft,
    InsufficientFundsError,
    Leg,
    balanced,
)
from billing_kernel.models import LedgerAccount, LedgerEntry, Posting, wall_clock


def post(session: Session, draft: EntryDraft) -> LedgerEntry:
    """Write one entry and move the balances of its accounts.

    Accounts of clients are locked before those that all share, each in the order of their ids,
    so that nobody waits for a client while everybody waits for them. Raises
    InsufficientFundsError where what belongs to a client would fall below its limit; nothing
    is written then.
    """
    draft = balanced(draft)
    ids = {leg.account: _account_id(session, leg.account) for leg in draft.legs}
    entry = LedgerEntry(**entry_values(draft))
    session.add(entry)
    session.flush()
    in_order = sorted(draft.legs, key=lambda leg: (leg.account.client_id is None, ids[leg.account]))
    postings = [
        {
            "entry_id": entry.id,
            "ledger_account_id": ids[leg.account],
            "amount_minor": leg.amount.amount_minor,
            "currency": leg.amount.currency,
            "balance_after_minor": _move(session, ids[leg.account], leg.amount),
        }
        for leg in in_order
    ]
    session.execute(insert(Posting), postings)
    entry.sealed = 1
    session.flush()
    return entry


def entry_values(draft: EntryDraft) -> dict[str, Any]:
    """What an entry says, before it is sealed."""
    return {
        "kind": draft.kind,
        "source_type": draft.source_type,
        "source_id": draft.source_id,
        "description": draft.description[:500],
        "invoice_id": draft.invoice_id,
        "service_id": draft.service_id,
        "reverses_entry_id": draft.reverses_entry_id,
        "sealed": 0,
    }


_MOVE = (
    update(LedgerAccount)
    .where(
        LedgerAccount.id == bindparam("account_id"),
        ~LedgerAccount.guarded
        | (
            LedgerAccount.balance_minor + LedgerAccount.credit_limit_minor + bindparam("gain_minor")
            >= 0
        ),
    )
    .values(
        balance_minor=LedgerAccount.balance_minor + bindparam("gain_minor"),
        version=LedgerAccount.version + 1,
        updated_at=bindparam("now"),
    )
    .returning(LedgerAccount.balance_minor)
    .execution_options(synchronize_session=False)
)


def _move(session: Session, account_id: int, amount: Money) -> int:
    values = {
        "account_id": account_id,
        "gain_minor": amount.amount_minor,
        "now": wall_clock(),
    }
    after: int | None = session.execute(_MOVE, values).scalar_one_or_none()
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
    minor = session.scalar(_FIND_BALANCE[_owner_of(key)], _named(key))
    return Money(minor or 0, key.currency)


def lock_accounts(session: Session, keys: Iterable[AccountKey]) -> None:
    """Lock accounts for entries that are decided by their balances, in the order of ``post``."""
    found = {session.scalar(_FIND_ID[_owner_of(key)], _named(key)) for key in keys}
    session.execute(
        select(LedgerAccount.id)
        .where(LedgerAccount.id.in_(found - {None}))
        .order_by(LedgerAccount.client_id.is_(None), LedgerAccount.id)
        .with_for_update()
    )


def may_spend(session: Session, key: AccountKey, amount_minor: int) -> bool:
    """Whether an account covers an amount now, with its credit limit."""
    return spendable(session, key).amount_minor >= amount_minor


def spendable(session: Session, key: AccountKey) -> Money:
    """What an account covers now, with its credit limit; its row is locked."""
    locked = _FIND[_owner_of(key)].with_for_update().execution_options(populate_existing=True)
    account = session.scalars(locked, _named(key)).one_or_none()
    minor = account.balance_minor + account.credit_limit_minor if account else 0
    return Money(minor, key.currency)


@dataclass(slots=True)
class LockedAccount:
    """A client's account whose row this transaction holds, as its postings leave it."""

    id: int
    balance_minor: int
    credit_limit_minor: int
    version: int

    @property
    def spendable_minor(self) -> int:
        return self.balance_minor + self.credit_limit_minor


def lock_accounts_of(
    session: Session, provider_id: int, client_ids: Sequence[int], *, lock: bool = True
) -> dict[AccountKey, LockedAccount]:
    """What clients have at a provider, without waiting: accounts in use are left out."""
    statement = select(
        LedgerAccount.kind,
        LedgerAccount.currency,
        LedgerAccount.client_id,
        LedgerAccount.id,
        LedgerAccount.balance_minor,
        LedgerAccount.credit_limit_minor,
        LedgerAccount.version,
    ).where(
        among(session, LedgerAccount.client_id, client_ids),
        LedgerAccount.provider_id == provider_id,
        LedgerAccount.kind.in_(GUARDED),
    )
    if lock:
        statement = statement.order_by(LedgerAccount.id).with_for_update(skip_locked=True)
    return {
        AccountKey(AccountKind(kind), provider_id, currency, client_id): LockedAccount(*values)
        for kind, currency, client_id, *values in session.execute(statement)
    }


def post_many(
    session: Session, drafts: Sequence[EntryDraft], accounts: Mapping[AccountKey, LockedAccount]
) -> None:
    """Write entries between locked accounts, in their order: the same rows as ``post`` writes.

    Raises InsufficientFundsError where an account would fall below its limit.
    """
    entry_ids = draw_ids(session, LedgerEntry, len(drafts))
    postings: list[dict[str, Any]] = []
    moved: dict[int, LockedAccount] = {}
    for entry_id, draft in zip(entry_ids, drafts, strict=True):
        legs = balanced(draft).legs
        for leg in sorted(legs, key=lambda leg: accounts[leg.account].id):
            account = accounts[leg.account]
            account.balance_minor += leg.amount.amount_minor
            account.version += 1
            if account.spendable_minor < 0:
                raise InsufficientFundsError(f"the balance doesn't cover {-leg.amount}")
            moved[account.id] = account
            postings.append(
                {
                    "entry_id": entry_id,
                    "ledger_account_id": account.id,
                    "amount_minor": leg.amount.amount_minor,
                    "currency": leg.amount.currency,
                    "balance_after_minor": account.balance_minor,
                }
            )
    now = wall_clock()
    bulk_update(
        session,
        LedgerAccount,
        [
            {
                "id": account.id,
                "balance_minor": account.balance_minor,
                "version": account.version,
                "updated_at": now,
            }
            for account in moved.values()
        ],
    )
    bulk_write(
        session,
        LedgerEntry,
        [
            {"id": entry_id, **entry_values(draft)}
            for entry_id, draft in zip(entry_ids, drafts, strict=True)
        ],
    )
    bulk_write(session, Posting, postings)
    session.execute(
        update(LedgerEntry)
        .where(among(session, LedgerEntry.id, entry_ids))
        .values(sealed=1)
        .execution_options(synchronize_session=False)
    )


def limit_credit(session: Session, key: AccountKey, limit_minor: int) -> None:
    """Let an account fall to minus this amount; raises DebtAboveLimitError where it is lower."""
    account = session.get_one(LedgerAccount, _account_id(session, key), with_for_update=True)
    if account.balance_minor + limit_minor < 0:
        debt = Money(-account.balance_minor, key.currency)
        raise DebtAboveLimitError(f"the client owes {debt} already")
    account.credit_limit_minor = limit_minor
    session.flush()


class _Owner(StrEnum):
    """Whose an account is; each sort has a unique index of its own."""

    CLIENT = "client"
    METHOD = "method"
    PROVIDER = "provider"


_OWNED: Mapping[_Owner, tuple[ColumnElement[bool], ...]] = {
    _Owner.CLIENT: (LedgerAccount.client_id == bindparam("owner_id"),),
    _Owner.METHOD: (LedgerAccount.payment_method_id == bindparam("owner_id"),),
    _Owner.PROVIDER: (
        LedgerAccount.client_id.is_(None),
        LedgerAccount.payment_method_id.is_(None),
    ),
}

_FIND: Mapping[_Owner, Select[LedgerAccount]] = {
    owner: select(LedgerAccount).where(
        LedgerAccount.kind == bindparam("kind"),
        LedgerAccount.provider_id == bindparam("provider_id"),
        LedgerAccount.currency == bindparam("currency"),
        *conditions,
    )
    for owner, conditions in _OWNED.items()
}
_FIND_ID = {owner: find.with_only_columns(LedgerAccount.id) for owner, find in _FIND.items()}
_FIND_BALANCE = {
    owner: find.with_only_columns(LedgerAccount.balance_minor) for owner, find in _FIND.items()
}


def _account_id(session: Session, key: AccountKey) -> int:
    find_id = _FIND_ID[_owner_of(key)]
    found: int | None = session.scalar(find_id, _named(key))
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
    return session.scalars(find_id, _named(key)).one()


def _owner_of(key: AccountKey) -> _Owner:
    if key.client_id is not None:
        return _Owner.CLIENT
    return _Owner.PROVIDER if key.payment_method_id is None else _Owner.METHOD


def _named(key: AccountKey) -> dict[str, str | int | None]:
    return {
        "kind": str(key.kind),
        "provider_id": key.provider_id,
        "currency": key.currency,
        "owner_id": key.payment_method_id if key.client_id is None else key.client_id,
    }
