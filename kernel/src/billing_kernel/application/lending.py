"""Let clients go into debt, up to a limit."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel.application.finding import find
from billing_kernel.application.posting import limit_credit
from billing_kernel.application.spending import ask_to_spend
from billing_kernel.domain.ledger import Owner
from billing_kernel.models import Client, Provider


@dataclass(frozen=True, slots=True)
class LimitCredit:
    """``limit`` is how far below zero a balance may fall.

    ``provider_id`` None means the client's own.
    """

    client_id: int
    limit: Money
    provider_id: int | None = None


def set_credit_limit(session: Session, command: LimitCredit) -> None:
    """Set how far the balance of a client may fall below zero, in one currency.

    What can be paid now is paid, as after a payment. Raises MissingError, InvalidInputError,
    DebtAboveLimitError.
    """
    client = find(session, Client, command.client_id, lock=True)
    provider_id = command.provider_id or client.provider_id
    errors = []
    if session.get(Provider, provider_id) is None:
        errors.append(FieldError("/provider_id", "is not a provider"))
    if command.limit.amount_minor < 0:
        errors.append(FieldError("/limit/amount_minor", "must not be below zero"))
    if errors:
        raise InvalidInputError(errors)
    account = Owner(provider_id, client.id).balance(command.limit.currency)
    limit_credit(session, account, command.limit.amount_minor)
    ask_to_spend(session, client)
