"""Correct a client's balance by hand, with a reason that stays."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel.application.finding import find
from billing_kernel.application.posting import post
from billing_kernel.application.spending import ask_to_spend
from billing_kernel.domain.ledger import Owner, draft_adjustment
from billing_kernel.models import Adjustment, Client, LedgerEntry, Provider


@dataclass(frozen=True, slots=True)
class AdjustBalance:
    """``amount`` above zero is the client's gain; ``provider_id`` None means the client's own."""

    client_id: int
    administrator_id: int
    amount: Money
    reason: str
    provider_id: int | None = None


def adjust_balance(session: Session, command: AdjustBalance) -> tuple[Adjustment, LedgerEntry]:
    """Post a correction; raises MissingError, InvalidInputError, InsufficientFundsError."""
    client = find(session, Client, command.client_id, lock=True)
    provider_id = command.provider_id or client.provider_id
    if session.get(Provider, provider_id) is None:
        raise InvalidInputError([FieldError("/provider_id", "is not a provider")])
    if not command.amount:
        raise InvalidInputError([FieldError("/amount/amount_minor", "must not be zero")])
    adjustment = Adjustment(
        client_id=client.id,
        provider_id=provider_id,
        administrator_id=command.administrator_id,
        amount_minor=command.amount.amount_minor,
        currency=command.amount.currency,
        reason=command.reason,
    )
    session.add(adjustment)
    session.flush()
    owner = Owner(provider_id, client.id)
    entry = post(session, draft_adjustment(owner, adjustment.id, command.amount, command.reason))
    ask_to_spend(session, client)
    return adjustment, entry
