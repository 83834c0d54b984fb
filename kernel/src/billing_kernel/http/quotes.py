"""What something would cost."""

from collections.abc import Sequence

from litestar import post
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.finding import find
from billing_kernel.application.ordering import payer_of
from billing_kernel.application.previewing import AskedItem, Buyer, quote_all
from billing_kernel.application.registering import Caller
from billing_kernel.domain.errors import ForbiddenError, LoginRequiredError, MissingError
from billing_kernel.domain.rights import Right
from billing_kernel.http.auth import GivenKernel, GivenVisitor
from billing_kernel.http.shapes.quotes import AskQuote, QuoteAnswer
from billing_kernel.models import Client, Payer, Provider, TariffPlan


@post("/quotes", operation_id="quote", tags=["Catalogue"], status_code=200, sync_to_thread=True)
def quote(kernel: GivenKernel, visitor: GivenVisitor, data: JSONBody[AskQuote]) -> QuoteAnswer:
    """Price orders, renewals and changes, with every step that made an amount.

    Nothing is stored. Administrators may price as of any day.
    """
    if data.as_of is not None and (visitor is None or visitor.role != "administrator"):
        raise ForbiddenError("only administrators price as of another day")
    items = [item.asked(f"/items/{index}") for index, item in enumerate(data.items)]
    with kernel.database.reading() as session:
        client = _client(session, visitor, data.client_id, data.payer_id)
        payer = _payer(session, client, data.payer_id)
        buyer = Buyer(_provider(session, client, items), client, payer)
        return QuoteAnswer.of(quote_all(session, kernel, buyer, items, data.as_of))


def _provider(session: Session, client: Client | None, items: Sequence[AskedItem]) -> Provider:
    """The client's own, else the one of the first tariff plan that is asked about."""
    if client is not None:
        return session.get_one(Provider, client.provider_id)
    for index, item in enumerate(items):
        if isinstance(item, OrderItem):
            plan = find(session, TariffPlan, item.tariff_plan_id)
            return session.get_one(Provider, plan.provider_id)
        detail = "needs a client: log in, or name one"
        raise InvalidInputError([FieldError(f"/items/{index}/service_id", detail)])
    raise ValueError("a quote has at least one item")


def _client(
    session: Session, visitor: Caller | None, client_id: int | None, payer_id: int | None
) -> Client | None:
    """For whom to price: oneself, or whom an administrator or an employee names."""
    if visitor is None:
        if client_id is not None or payer_id is not None:
            raise LoginRequiredError("log in to price for a client")
        return None
    if visitor.role == "client":
        if client_id not in (None, visitor.id):
            raise MissingError(f"there is no client {client_id}")
        return session.get_one(Client, visitor.id)
    if client_id is None:
        return None
    visitor.require(Right.CLIENTS)
    return find(session, Client, client_id)


def _payer(session: Session, client: Client | None, payer_id: int | None) -> Payer | None:
    """Who is to be taxed: one of the client's payers, None for the client itself."""
    if client is None and payer_id is not None:
        raise InvalidInputError([FieldError("/client_id", "is required with payer_id")])
    return payer_of(session, client, payer_id) if client else None
