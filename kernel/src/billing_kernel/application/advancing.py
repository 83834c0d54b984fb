"""Ask for money in advance: it goes to the balance and waits there to be spent."""

from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError, Money
from billing_kernel.application.denominating import currencies_of, provider_for_sale
from billing_kernel.application.finding import find
from billing_kernel.application.invoicing import Item, issue_invoice
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import payer_of
from billing_kernel.domain.periods import business_date
from billing_kernel.domain.pricing import PricedLine
from billing_kernel.models import Client, Invoice

ADVANCE = "advance_payment"


def invoice_advance(
    session: Session, kernel: Kernel, client_id: int, amount: Money, payer_id: int | None = None
) -> Invoice:
    """An invoice for money to a balance; raises InvalidInputError.

    In the provider's currency, or in one that the client has a balance in from before.
    """
    provider = provider_for_sale(session, client_id)
    client = find(session, Client, client_id)
    currencies = currencies_of(session, provider, client.id)
    errors = []
    if amount.amount_minor <= 0:
        errors.append(FieldError("/amount/amount_minor", "must be more than zero"))
    if amount.currency not in currencies:
        errors.append(FieldError("/amount/currency", f"must be {' or '.join(currencies)}"))
    if errors:
        raise InvalidInputError(errors)
    zero = Money.zero(amount.currency)
    line = PricedLine(ADVANCE, "Advanced payment", amount, "0", zero, amount, None, ())
    today = business_date(kernel.clock.now(), provider.time_zone)
    return issue_invoice(
        session,
        kernel,
        client,
        ADVANCE,
        [Item(line)],
        currency=amount.currency,
        today=today,
        payer=payer_of(session, client, payer_id),
    )
