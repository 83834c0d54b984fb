"""Change the currency that a provider sells in. Nothing that was sold or owed is converted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, insert, literal, select
from sqlalchemy.orm import Session

from billing_hookspecs import RETIRED_CURRENCIES, UnknownCurrencyError, minor_units
from billing_kernel.application.finding import find
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.ledger import GUARDED, AccountKind
from billing_kernel.domain.states import OPEN_ATTEMPTS, InvoiceState
from billing_kernel.models import Client, Invoice, LedgerAccount, Payment, Provider, Refund

NAMED_MAX = 5
"""How many objects of one sort a refusal names."""

NO_EXPENSE = ("advance_payment", "credit_note")
"""Kinds of invoices that nobody owes."""


class CurrencyInUseError(ConflictError):
    """Payments are under way or expenses uncovered: the currency can't be changed now."""

    code = "provider.currency_in_use"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("the currency can't be changed now: " + "; ".join(reasons))
        self.reasons = tuple(reasons)


def change_currency(session: Session, provider_id: int, currency: str) -> Provider:
    """Let a provider sell in another currency from now on.

    Every client gets a balance in it; balances in the old currency stay, with their money.
    Raises UnknownCurrencyError, and CurrencyInUseError with every reason at once.
    """
    require_current(currency)
    provider = find(session, Provider, provider_id, lock=True)
    if provider.currency == currency:
        return provider
    if reasons := _reasons_against(session, provider):
        raise CurrencyInUseError(reasons)
    _open_balances(session, provider.id, currency)
    provider.currency = currency
    session.flush()
    return provider


def require_current(currency: str) -> None:
    """Raise UnknownCurrencyError for what is no currency, or is none any more."""
    minor_units(currency)
    if currency in RETIRED_CURRENCIES:
        raise UnknownCurrencyError(currency)


def provider_for_sale(session: Session, client_id: int) -> Provider:
    """The provider of a client, whose currency stays what it is until the transaction ends.

    Call it before the client's row is locked, as a change of the currency takes its locks in
    this order too.
    """
    provider_id = find(session, Client, client_id).provider_id
    return session.scalars(
        select(Provider)
        .where(Provider.id == provider_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def currencies_of(session: Session, provider: Provider, client_id: int) -> list[str]:
    """The currencies that a client has balances in at a provider, the provider's own first."""
    opened = session.scalars(
        select(LedgerAccount.currency)
        .where(
            LedgerAccount.kind == AccountKind.BALANCE,
            LedgerAccount.provider_id == provider.id,
            LedgerAccount.client_id == client_id,
        )
        .order_by(LedgerAccount.currency)
    )
    return list(dict.fromkeys([provider.currency, *opened]))


def _reasons_against(session: Session, provider: Provider) -> list[str]:
    """Active payments and uncovered expenses, in any currency, as sentences for people."""
    queries: dict[str, Select[Any]] = {
        "payments are under way": select(Payment.id).where(
            Payment.provider_id == provider.id, Payment.state.in_(OPEN_ATTEMPTS)
        ),
        "refunds are under way": select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.provider_id == provider.id, Refund.state.in_(OPEN_ATTEMPTS)),
        "invoices are unpaid": select(Invoice.number).where(
            Invoice.provider_id == provider.id,
            Invoice.status == InvoiceState.NEW,
            Invoice.kind.not_in(NO_EXPENSE),
            Invoice.total_minor > 0,
        ),
        "clients owe money": select(LedgerAccount.client_id).where(
            LedgerAccount.provider_id == provider.id,
            LedgerAccount.kind == AccountKind.BALANCE,
            LedgerAccount.balance_minor < 0,
        ),
    }
    reasons = []
    for sentence, query in queries.items():
        found = session.scalars(query.order_by(*query.selected_columns).limit(NAMED_MAX + 1)).all()
        if found:
            named = ", ".join(str(name) for name in found[:NAMED_MAX])
            reasons.append(f"{sentence}: {named}{', ...' if len(found) > NAMED_MAX else ''}")
    return reasons


def _open_balances(session: Session, provider_id: int, currency: str) -> None:
    """A balance in ``currency`` for every client that has none, in one statement."""
    kind = AccountKind.BALANCE
    present = select(LedgerAccount.id).where(
        LedgerAccount.kind == kind,
        LedgerAccount.provider_id == provider_id,
        LedgerAccount.client_id == Client.id,
        LedgerAccount.currency == currency,
    )
    without = select(
        literal(str(kind)),
        Client.provider_id,
        Client.id,
        literal(currency),
        literal(kind in GUARDED),
    ).where(Client.provider_id == provider_id, ~present.exists())
    columns = ("kind", "provider_id", "client_id", "currency", "guarded")
    session.execute(insert(LedgerAccount).from_select(columns, without))
