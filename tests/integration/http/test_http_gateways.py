"""Our own drivers take money for orders, from simulated gateways that notify a served API."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from tests.factories import FakeModule, Shop, make_kernel, make_shop

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.models import LedgerAccount, OutboxMessage, Payment, wall_clock
from billing_kernel.settings import Settings
from billing_payment_gateways.plugin import PaymentGatewaysPlugin
from billing_payment_gateways.simulation import NotifyingApp, SimulatorServer
from billing_payment_gateways.stripe.simulator import StripeServer
from billing_payment_gateways.yookassa.simulator import YooKassaServer

SECRET, SIGNING = "sk_test_canary_4eC39HqLyjWD", "whsec_canary_7f1b0c9e2d"
PRICE = 1000


def stripe() -> tuple[SimulatorServer, dict[str, str]]:
    server = StripeServer(SECRET, SIGNING)
    entered = {"secret_key": SECRET, "webhook_secret": SIGNING, "api_base": server.url}
    return server, entered


def yookassa() -> tuple[SimulatorServer, dict[str, str]]:
    server = YooKassaServer("100500", SECRET)
    return server, {"shop_id": "100500", "secret_key": SECRET, "api_base": server.url}


GATEWAYS = {"stripe": stripe, "yookassa": yookassa}


@dataclass
class Counter:
    """A shop at whose gateway payers pay; what is asked of us comes in over HTTP."""

    kernel: Kernel
    upstream: Any
    method_id: int
    order: Callable[..., Any]

    def pay(self, payment_id: int) -> None:
        """The payer pays on the gateway's page."""
        self.upstream.pay(self.external_id(payment_id))

    def external_id(self, payment_id: int) -> str:
        with self.kernel.database.reading() as session:
            return session.get_one(Payment, payment_id).external_id or ""

    def tell(self, *, backwards: bool = False, times: int = 1) -> set[int]:
        """The gateway posts all that ever happened (again); the statuses of our answers."""
        notices = self.upstream.notices.all()
        assert notices
        return set(self.upstream.notices.deliver(notices[:: -1 if backwards else 1], times))

    def work(self) -> None:
        """Do what is due, as a worker would."""

        def take(session: Session) -> OutboxMessage | None:
            due = (OutboxMessage.due_at <= wall_clock(), OutboxMessage.actor != "render_document")
            message = session.scalars(select(OutboxMessage).where(*due).limit(1)).first()
            if message is not None:
                session.execute(delete(OutboxMessage).where(OutboxMessage.id == message.id))
            return message

        while (message := self.kernel.database.run(take)) is not None:
            ACTORS[message.actor](self.kernel, **message.arguments)

    def books(self) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        with self.kernel.database.reading() as session:
            for account in session.scalars(select(LedgerAccount)):
                sums[account.kind] += account.balance_minor
        return {kind: minor for kind, minor in sums.items() if minor}


@pytest.fixture
def kernel(settings: Settings, module: FakeModule) -> Iterator[Kernel]:
    """An installation with our payment gateways; its books are right at the end."""
    made = make_kernel(settings, module, plugins=(PaymentGatewaysPlugin(),))
    yield made
    with made.database.reading() as session:
        assert verify_ledger(session).problems == ()
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel, balance_minor=0)


@pytest.fixture(params=GATEWAYS)
def counter(
    request: pytest.FixtureRequest,
    kernel: Kernel,
    shop: Shop,
    address: str,
    client: Any,
    administrator: Any,
    order: dict[str, Any],
) -> Iterator[Counter]:
    server, entered = GATEWAYS[request.param]()
    with server:
        body = {
            "name": {"en": "Cards"},
            "driver": request.param,
            "settings": {**entered, "api_base": server.url},
            "provider_ids": [shop.provider.id],
        }
        method = administrator.done("POST", "/admin/payment-methods", body)
        app = server.app
        assert isinstance(app, NotifyingApp)
        app.notices.url = f"{address}/notifications/{method['id']}"

        def place(**pay_with: Any) -> Any:
            way = pay_with or {"payment_method_id": method["id"], "return_url": "https://x.test/"}
            return client.done("POST", "/orders", {**order, "pay_with": way})

        yield Counter(kernel, app, method["id"], place)


def test_an_order_is_paid_by_whatever_the_gateway_tells(counter: Counter, client: Any) -> None:
    """Twice, backwards, and once more after the work is done: one charge, one service."""
    placed = counter.order()
    assert placed["payment"]["redirect_url"].startswith("http")
    counter.pay(placed["payment"]["id"])
    assert counter.tell(backwards=True, times=2) == {200}
    counter.work()
    assert counter.tell() == {200}
    counter.work()
    assert client.done("GET", f"/services/{placed['service']['id']}")["status"] == "active"
    shown = client.done("GET", f"/payments/{placed['payment']['id']}")
    assert (shown["status"], shown["captured"]["amount_minor"]) == ("paid", PRICE)
    assert counter.books() == {"gateway_clearing": -PRICE, "revenue": PRICE}
    assert list(counter.upstream.payments()) == [counter.external_id(placed["payment"]["id"])]


def test_a_payer_without_money_buys_nothing(counter: Counter, client: Any) -> None:
    """The gateway says so, however often; the order waits for another way to pay."""
    placed = counter.order()
    counter.upstream.pay(counter.external_id(placed["payment"]["id"]), "declined")
    counter.upstream.notices.deliver(counter.upstream.notices.all(), 2)
    counter.work()
    assert client.done("GET", f"/invoices/{placed['invoice']['id']}")["status"] == "new"
    assert counter.books() == {}


def test_a_refund_goes_back_once(counter: Counter, administrator: Any, client: Any) -> None:
    """Asked for here, sent by a worker, told by the gateway in any order."""
    placed = counter.order()
    counter.pay(placed["payment"]["id"])
    counter.tell()
    counter.work()
    path = f"/admin/payments/{placed['payment']['id']}/refunds"
    part = {"amount": {"amount_minor": 300, "currency": "RUB"}, "to": "gateway", "reason": "slow"}
    administrator.done("POST", path, part, key="part")
    administrator.done("POST", path, part, key="part")
    counter.work()
    assert counter.tell(backwards=True, times=2) == {200}
    counter.work()
    shown = client.done("GET", f"/payments/{placed['payment']['id']}")
    assert (shown["status"], shown["refunded"]["amount_minor"]) == ("partially_refunded", 300)
    assert [each["status"] for each in shown["refunds"]] == ["done"]
    assert counter.books() == {"gateway_clearing": 300 - PRICE, "revenue": PRICE - 300}


def test_a_stored_card_pays_the_next_order(counter: Counter, client: Any) -> None:
    """The payer agreed on the gateway's page; the second charge needs nobody."""
    way = {"payment_method_id": counter.method_id, "store_method": True}
    first = counter.order(**way)
    counter.pay(first["payment"]["id"])
    counter.tell(times=2)
    counter.work()
    (card,) = client.done("GET", "/stored-payment-methods")["items"]
    second = counter.order(stored_payment_method_id=card["id"])
    counter.work()
    counter.tell(backwards=True)
    counter.work()
    for placed in (first, second):
        assert client.done("GET", f"/payments/{placed['payment']['id']}")["status"] == "paid"
        assert client.done("GET", f"/services/{placed['service']['id']}")["status"] == "active"
    assert counter.books() == {"gateway_clearing": -2 * PRICE, "revenue": 2 * PRICE}
    assert len(counter.upstream.payments()) == 2


@pytest.mark.parametrize("counter", ["stripe"], indirect=True)
def test_a_refund_that_fails_later_is_given_to_the_balance(
    counter: Counter, administrator: Any, client: Any
) -> None:
    """Stripe tells of it: the card was closed before the money arrived."""
    placed = counter.order()
    counter.pay(placed["payment"]["id"])
    counter.tell()
    counter.work()
    path = f"/admin/payments/{placed['payment']['id']}/refunds"
    administrator.done("POST", path, {"to": "gateway", "reason": "slow"})
    counter.work()
    counter.tell()
    assert counter.books() == {}
    ((_, (_, (refund_id, *_))),) = counter.upstream.payments().values()
    counter.upstream.settle_refund(refund_id, "failed")
    counter.tell(backwards=True)
    assert counter.books() == {"gateway_clearing": -PRICE, "client_balance": PRICE}


@pytest.mark.parametrize("counter", ["stripe"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "headers"), [(b"USD", {}), (b"RUB", {"Stripe-Signature": "t=1,v1=00"})]
)
def test_what_stripe_has_not_signed_is_refused(
    counter: Counter, http: Any, client: Any, changed: bytes, headers: dict[str, str]
) -> None:
    """Anybody can post to the address."""
    placed = counter.order()
    counter.pay(placed["payment"]["id"])
    body = counter.upstream.notices.all()[-1].body.replace(b"RUB", changed)
    answer = http.post(f"/api/v1/notifications/{counter.method_id}", content=body, headers=headers)
    assert (answer.status_code, counter.books()) == (400, {})
    assert client.done("GET", f"/payments/{placed['payment']['id']}")["status"] == "pending"


@pytest.mark.parametrize("counter", ["yookassa"], indirect=True)
def test_what_yookassa_does_not_sign_is_only_a_reason_to_ask_it(
    counter: Counter, http: Any, client: Any
) -> None:
    """A made-up amount is never booked: what the gateway answers is."""
    placed = counter.order()
    counter.pay(placed["payment"]["id"])
    true = counter.upstream.notices.all()[-1].body
    forged = true.replace(b"10.00", b"99.00")
    assert forged != true
    answer = http.post(f"/api/v1/notifications/{counter.method_id}", content=forged)
    assert answer.status_code == 200
    shown = client.done("GET", f"/payments/{placed['payment']['id']}")
    assert (shown["status"], shown["captured"]["amount_minor"]) == ("paid", PRICE)
