"""A payment gateway that remembers what it took, and a till: a shop that takes money by it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from tests.factories import (
    FakeModule,
    Shop,
    make_kernel,
    make_method,
    make_shop,
    money_of,
    operation_of,
    payment_of,
    place,
)

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    GatewayCapability,
    Money,
    Notification,
    NotificationRejectedError,
    PaymentFact,
    PaymentGateway,
    PaymentStarted,
    PaymentState,
    PluginManifest,
    RefundDone,
    RefundPayment,
    Secret,
    StartPayment,
    StoredMethod,
    impl,
)
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.noticing import take_notification
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.refunding import RefundPayment as AskRefund
from billing_kernel.application.refunding import refund_payment
from billing_kernel.application.sweeping import sweep
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.models import (
    Invoice,
    LedgerAccount,
    OutboxMessage,
    Payment,
    PaymentMethod,
    Refund,
    wall_clock,
)
from billing_kernel.settings import Settings

SIGNED = {"x-signature": "right"}


@dataclass(eq=False)
class FakeGateway(PaymentGateway):
    """Knows payments as they are now; ``answers`` by method come first, errors are raised.

    A notification's body names facts that a test put into ``letters``.
    """

    key: ClassVar[str] = "fake_gateway"
    title: ClassVar[dict[str, str]] = {"en": "Fake"}
    capabilities: ClassVar[frozenset[GatewayCapability]] = frozenset(
        {
            GatewayCapability.NOTIFICATIONS,
            GatewayCapability.FETCH,
            GatewayCapability.STORED_METHODS,
            GatewayCapability.REFUND,
        }
    )

    answers: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    asked: list[tuple[str, Any]] = field(default_factory=list)
    known: dict[str, PaymentFact] = field(default_factory=dict)
    letters: dict[str, tuple[PaymentFact, ...]] = field(default_factory=dict)
    refunds: dict[str, Money] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)

    def _answer(self, method: str, request: Any, usual: Any) -> Any:
        self.asked.append((method, request))
        answer = self.answers[method].pop(0) if self.answers[method] else usual
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        started = PaymentStarted(f"at-{request.reference}", "https://gateway.test/pay")
        return self._answer("start_payment", request, started)

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        if request.headers.get("x-signature") != "right":
            raise NotificationRejectedError("it isn't signed")
        usual = self.letters.get(request.raw_body.decode(errors="replace"), ())
        return self._answer("handle_notification", request, usual)

    def fetch_payment(self, request: FetchPayment, context: Context) -> PaymentFact | None:
        named = {fact.reference: fact for fact in self.known.values()}
        usual = self.known.get(request.external_id) or named.get(request.reference)
        return self._answer("fetch_payment", request, usual)

    def charge_stored(self, request: ChargeStored, context: Context) -> PaymentFact:
        external_id = f"at-{request.reference}"
        usual = self.known.get(external_id) or captured(request.reference, request.amount)
        return self.known.setdefault(external_id, self._answer("charge_stored", request, usual))

    def store_method(self, request: StartPayment, context: Context) -> PaymentStarted:
        return self._answer(
            "store_method", request, PaymentStarted("", "https://gateway.test/card")
        )

    def forget_method(self, token: Secret, context: Context) -> None:
        self._answer("forget_method", token, None)
        self.forgotten.append(str(token))

    def refund(self, request: RefundPayment, context: Context) -> RefundDone:
        done = self._answer("refund", request, RefundDone(f"back-{request.reference}"))
        self.refunds[request.reference] = request.amount
        return done

    def calls(self, method: str) -> list[Any]:
        """The requests to one method, in order."""
        return [request for name, request in self.asked if name == method]


class SilentGateway(FakeGateway):
    """The same, but it can't be asked: only what it tells is known."""

    key: ClassVar[str] = "silent_gateway"
    capabilities: ClassVar[frozenset[GatewayCapability]] = FakeGateway.capabilities - {
        GatewayCapability.FETCH
    }


class FakePayments:
    """Brings gateways into a kernel."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("fake_payments", "Payments", ">=1.0,<2")

    def __init__(self, *gateways: PaymentGateway) -> None:
        self.gateways = gateways

    @impl
    def billing_payment_gateways(self) -> tuple[PaymentGateway, ...]:
        return self.gateways


def captured(reference: str, amount: Money, **more: Any) -> PaymentFact:
    """A payment that brought money; ``external_id``, ``refunded`` and so on may be given."""
    usual: dict[str, Any] = {
        "external_id": f"at-{reference}",
        "state": PaymentState.CAPTURED,
        "captured": amount,
        "refunded": Money.zero(amount.currency),
        "reference": reference,
    }
    return PaymentFact(**{**usual, **more})


def uncaptured(reference: str, currency: str = "RUB", **more: Any) -> PaymentFact:
    """A payment that brought nothing (yet)."""
    return captured(reference, Money.zero(currency), **{"state": PaymentState.PENDING, **more})


def card(token: str = "token-4242") -> StoredMethod:
    return StoredMethod(Secret(token), "Card 4242", "2030-12")


@dataclass
class Till:
    """A shop that takes money by the fake gateway; its client has nothing on the balance."""

    kernel: Kernel
    gateway: FakeGateway
    shop: Shop
    method: PaymentMethod
    letters: int = 0

    def order(self, **overrides: Any) -> Invoice:
        """The invoice of a new order: 10.00 RUB unless the shop's plan says otherwise."""
        return place(self.kernel, self.shop, **overrides).invoice

    def begin(self, invoice: Invoice, **pay_with: Any) -> Payment:
        """Begin to pay an invoice by the gateway."""
        choice = PayWith(**{"payment_method_id": self.method.id, **pay_with})

        def work(session: Session) -> int:
            payment = pay_invoice(session, self.kernel, invoice.id, self.shop.client.id, choice)
            assert payment is not None
            session.flush()
            return payment.id

        payment_id = self.kernel.database.run(work)
        begin_payment(self.kernel, payment_id)
        return self.payment(payment_id)

    def tell(self, *facts: PaymentFact, method_id: int | None = None) -> None:
        """The gateway knows these from now on, and notifies us of them."""
        self.gateway.known |= {fact.external_id: fact for fact in facts}
        self.notify(*facts, method_id=method_id)

    def notify(self, *facts: PaymentFact, method_id: int | None = None) -> None:
        """A notification arrives, true or not any more."""
        self.letters += 1
        name = f"letter-{self.letters}"
        self.gateway.letters[name] = facts
        self.deliver(name, method_id=method_id)

    def deliver(self, name: str, *, method_id: int | None = None, **headers: str) -> None:
        """The notification with this body arrives (again)."""
        request = Notification("POST", headers or SIGNED, {}, name.encode())
        method = self.method.id if method_id is None else method_id
        take_notification(self.kernel, method, request)

    def receive(self, invoice: Invoice, minor: int | None = None, **more: Any) -> Payment:
        """An invoice is paid by the gateway, wholly or by another amount."""
        payment = self.begin(invoice)
        amount = Money(payment.amount_minor if minor is None else minor, payment.currency)
        self.tell(captured(payment.reference, more.pop("amount", amount), **more))
        return self.payment(payment.id)

    def sell(self, **overrides: Any) -> Payment:
        """A payment for a service that was opened: its money is earned."""
        placed = place(self.kernel, self.shop, **overrides)
        payment = self.receive(placed.invoice)
        for service in placed.services:
            run_operation(self.kernel, operation_of(self.kernel, service.id).id)
        return payment

    def advance(self, minor: int) -> Payment:
        """Money in advance that came by the gateway."""
        amount = Money(minor, self.shop.provider.currency)
        invoice = self.kernel.database.run(
            lambda session: invoice_advance(session, self.kernel, self.shop.client.id, amount)
        )
        return self.receive(invoice)

    def refund(self, payment: Payment, minor: int | None = None, to: str = "gateway") -> Refund:
        """Ask for a refund; to the gateway it is only sent by ``work``."""
        amount = None if minor is None else Money(minor, payment.captured.currency)
        command = AskRefund(payment.id, to, "not what was expected", amount)
        return self.kernel.database.run(
            lambda session: refund_payment(session, self.kernel, command)
        )

    def work(self, *, later: bool = False) -> int:
        """Do what is left in the outbox, also what is due only ``later``; how much it was."""
        done = 0
        while message := self._next(later):
            ACTORS[message.actor](self.kernel, **message.arguments)
            done += 1
            if later:
                return done + self.work()
        return done

    def lose_messages(self) -> None:
        """A broker or an accident loses everything that is to be done."""
        self.kernel.database.run(lambda session: session.execute(delete(OutboxMessage)))

    def look_again(self) -> None:
        """Time passes until the sweeper finds what is due; all of that is done."""

        def hasten(session: Session) -> None:
            due = wall_clock() - timedelta(hours=2)
            session.execute(
                update(Payment).where(Payment.check_at.is_not(None)).values(check_at=due)
            )
            session.execute(update(Refund).where(Refund.due_at.is_not(None)).values(due_at=due))

        self.kernel.database.run(hasten)
        sweep(self.kernel)
        self.work()

    def _next(self, later: bool) -> OutboxMessage | None:
        until = wall_clock() + timedelta(days=365 if later else 0)

        def take(session: Session) -> OutboxMessage | None:
            message = session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.due_at <= until, OutboxMessage.actor != "render_document")
                .order_by(OutboxMessage.due_at, OutboxMessage.id)
                .limit(1)
            ).first()
            if message is not None:
                session.delete(message)
            return message

        return self.kernel.database.run(take)

    def payment(self, payment_id: int) -> Payment:
        return payment_of(self.kernel, payment_id)

    def refunded(self, refund_id: int) -> Refund:
        with self.kernel.database.reading() as session:
            return session.get_one(Refund, refund_id)

    @property
    def money(self) -> tuple[int, int]:
        """Minor units on the client's balance, and held."""
        return money_of(self.kernel, self.shop)

    def books(self) -> dict[str, int]:
        """Every account that has something, by its kind and currency."""
        sums: dict[str, int] = defaultdict(int)
        with self.kernel.database.reading() as session:
            for account in session.scalars(select(LedgerAccount)):
                sums[f"{account.kind} {account.currency}"] += account.balance_minor
        return {name: minor for name, minor in sums.items() if minor}


def make_till(
    settings: Settings, gateway: FakeGateway | None = None, *others: PaymentGateway, **shop: Any
) -> Till:
    """A kernel with a shop that sells for 10.00 RUB a month, by a gateway of its own."""
    gateway = gateway or FakeGateway()
    kernel = make_kernel(settings, FakeModule(), plugins=(FakePayments(gateway, *others),))
    made = make_shop(kernel, **{"balance_minor": 0, **shop})
    return Till(kernel, gateway, made, make_method(kernel, made, gateway.key))
