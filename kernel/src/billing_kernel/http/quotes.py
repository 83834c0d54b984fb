"""What something would cost."""

from litestar import post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.ordering import payer_of
from billing_kernel.application.quoting import quote_items
from billing_kernel.application.registering import Caller
from billing_kernel.domain.errors import LoginRequiredError, MissingError
from billing_kernel.http.auth import GivenKernel, GivenVisitor
from billing_kernel.http.shapes.invoices import AskQuote, QuoteAnswer
from billing_kernel.models import Client, Payer, Provider, TariffPlan


@post("/quotes", operation_id="quote", tags=["Catalogue"], status_code=200, sync_to_thread=True)
def quote(kernel: GivenKernel, visitor: GivenVisitor, data: JSONBody[AskQuote]) -> QuoteAnswer:
    """Price items as of today, with every step that made an amount; nothing is stored."""
    with kernel.database.reading() as session:
        client = _client(session, visitor, data.client_id, data.payer_id)
        provider_id = (
            client.provider_id
            if client
            else find(session, TariffPlan, data.items[0].tariff_plan_id).provider_id
        )
        provider = session.get_one(Provider, provider_id)
        items = [item.item() for item in data.items]
        payer = _payer(session, client, data.payer_id)
        quoted = quote_items(session, kernel, provider, items, client, payer)
        return QuoteAnswer.of(quoted, provider.currency)


def _client(
    session: Session, visitor: Caller | None, client_id: int | None, payer_id: int | None
) -> Client | None:
    """For whom to price: oneself, or whom an administrator names."""
    if visitor is None:
        if client_id is not None or payer_id is not None:
            raise LoginRequiredError("log in to price for a client")
        return None
    if visitor.role == "client":
        if client_id not in (None, visitor.id):
            raise MissingError(f"there is no client {client_id}")
        return session.get_one(Client, visitor.id)
    return None if client_id is None else find(session, Client, client_id)


def _payer(session: Session, client: Client | None, payer_id: int | None) -> Payer | None:
    """Who is to be taxed: one of the client's payers, None for the client itself."""
    if client is None and payer_id is not None:
        raise InvalidInputError([FieldError("/client_id", "is required with payer_id")])
    return payer_of(session, client, payer_id) if client else None
