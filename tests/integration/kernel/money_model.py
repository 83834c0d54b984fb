"""A small model of a client's money, and a machine that holds the kernel to it.

The model knows nothing of ledgers: a balance, what is held, what is earned, and what each
invoice and service is. After each step the kernel must agree, and its books must be right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from tests.factories import (
    FakeModule,
    Scripted,
    Shop,
    give,
    go_on,
    invoice_renewal,
    make_method,
    make_shop,
    money_of,
    pay,
    place,
    with_plan,
)

from billing_hookspecs import (
    BillingError,
    Done,
    Money,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.closing import act_on_service
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.paying import confirm_payment
from billing_kernel.application.posting import balance_of
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.ledger import AccountKey, AccountKind
from billing_kernel.domain.periods import months_after
from billing_kernel.models import Invoice, Service

T = TypeVar("T")

PRICES = (1000, 350, 0)
CLOSABLE = (("active", ""), ("failed", ""))
ANCHOR = date(2026, 1, 31)
ANSWERS: dict[str, Callable[[], Scripted]] = {
    "done": Done,
    "refused": lambda: UpstreamRefusedError("no"),
    "lost": lambda: OutcomeUnknownError("lost"),
    "pending": lambda: Pending(5),
    "busy": UpstreamBusyError,
}


@dataclass
class ModelInvoice:
    kind: str
    total: int
    shares: dict[int, int] = field(default_factory=dict)
    status: str = "new"
    parts: int = 0
    """What came for it and settled nothing."""


@dataclass
class ModelService:
    price: int
    plan: int
    order_id: int
    status: str = "ordered"
    months: int = 0
    operation: str = ""
    paid_by: int = 0


class MoneyMachine(RuleBasedStateMachine):
    """Everything that one client and its provider's people may do, in any order."""

    kernel: ClassVar[Kernel]
    module: ClassVar[FakeModule]
    numbers: ClassVar[Iterator[int]] = count(1)

    @initialize(balance=st.sampled_from([0, 1000, 20000]))
    def open_shop(self, balance: int) -> None:
        email = f"client{next(self.numbers)}@client.test"
        shop = make_shop(self.kernel, balance_minor=balance, email=email)
        self.module.answers.clear()
        self.shops = [with_plan(self.kernel, shop, price) for price in PRICES]
        self.method_id = make_method(self.kernel, shop).id
        self.balance, self.held, self.earned = balance, 0, 0
        self.invoices: dict[int, ModelInvoice] = {}
        self.services: dict[int, ModelService] = {}
        self.payments: dict[int, int] = {}
        self.booked: set[int] = set()

    @property
    def shop(self) -> Shop:
        return self.shops[0]

    @rule(data=st.data())
    def do_something(self, data: st.DataObject) -> None:
        """One of the things that make sense now, the more telling ones more often."""
        weights = [
            (self.order, 2, True),
            (self.ask_in_advance, 1, True),
            (self.adjust, 1, True),
            (self.pay_from_balance, 4, self.payable()),
            (self.announce, 1, self.open_demands()),
            (self.confirm, 2, self.payments),
            (self.work, 6, any(each.operation for each in self.services.values())),
            (self.ask_for_renewal, 3, self.services_in(("active", ""))),
            (self.close, 1, self.services_in(*CLOSABLE)),
            (self.cancel, 1, self.services_in(("ordered", ""))),
            (self.ask_for_anything, 1, self.services),
        ]
        actions = [
            action for action, weight, possible in weights if possible for _ in range(weight)
        ]
        data.draw(st.sampled_from(actions), label="action")(data)

    def run(self, use_case: Callable[..., T], *arguments: object) -> T:
        return self.kernel.database.run(lambda session: use_case(session, *arguments))

    def attempt(self, work: Callable[[], object], *, allowed: bool) -> bool:
        """Do it if the model allows it; the kernel must refuse it otherwise."""
        try:
            work()
        except BillingError:
            assert not allowed
        else:
            assert allowed
        return allowed

    def order(self, data: st.DataObject) -> None:
        plan, quantity = data.draw(st.sampled_from([0, 0, 1, 2])), data.draw(st.integers(1, 2))
        placed = place(self.kernel, self.shops[plan], quantity=quantity)
        price = PRICES[plan]
        shares = {service.id: price for service in placed.services}
        self.invoices[placed.invoice.id] = ModelInvoice("order", price * quantity, shares)
        for service_id in shares:
            self.services[service_id] = ModelService(price, plan, placed.order.id)

    def ask_in_advance(self, data: st.DataObject) -> None:
        amount = data.draw(st.sampled_from([500, 1500]))
        client_id, money = self.shop.client.id, Money(amount, "RUB")
        invoice = self.run(invoice_advance, self.kernel, client_id, money)
        self.invoices[invoice.id] = ModelInvoice("advance", amount)

    def adjust(self, data: st.DataObject) -> None:
        amount = data.draw(st.sampled_from([-5000, -700, 300, 2000]))
        owner, money = self.shop.owner, Money(amount, "RUB")

        def work() -> None:
            self.run(give, owner, money)

        if self.attempt(work, allowed=self.balance + amount >= 0):
            self.balance += amount

    def may_settle(self, invoice: ModelInvoice) -> bool:
        if invoice.status != "new":
            return False
        if invoice.kind == "advance":
            return True
        if invoice.kind == "renewal":
            (service_id,) = invoice.shares
            service = self.services[service_id]
            if service.status != "active" or service.operation:
                return False
        return self.balance >= invoice.total

    def settle(self, invoice_id: int) -> None:
        invoice = self.invoices[invoice_id]
        invoice.status = "paid"
        if invoice.kind == "advance":
            return
        self.balance -= invoice.total
        self.held += invoice.total
        for service_id in invoice.shares:
            service = self.services[service_id]
            service.operation = "open" if invoice.kind == "order" else "renew"
            service.paid_by = invoice_id
            if invoice.kind == "order":
                service.status = "opening"

    def payable(self) -> list[int]:
        """Invoices that the balance can pay now."""
        return [
            key
            for key, invoice in sorted(self.invoices.items())
            if invoice.kind != "advance" and self.may_settle(invoice)
        ]

    def pay_from_balance(self, data: st.DataObject) -> None:
        self.try_to_pay(data.draw(st.sampled_from(self.payable())))

    def try_to_pay(self, invoice_id: int) -> None:
        allowed = invoice_id in self.payable()
        if self.attempt(lambda: pay(self.kernel, self.shop, invoice_id), allowed=allowed):
            self.settle(invoice_id)

    def open_demands(self) -> list[int]:
        return [
            key
            for key, invoice in sorted(self.invoices.items())
            if invoice.status == "new" and invoice.total
        ]

    def announce(self, data: st.DataObject) -> None:
        invoice_id = data.draw(st.sampled_from(self.open_demands()))
        payment_id = pay(self.kernel, self.shop, invoice_id, self.method_id)
        self.payments[payment_id] = invoice_id

    def confirm(self, data: st.DataObject) -> None:
        """A transfer comes, perhaps late, twice, or with another amount than was asked for."""
        more = data.draw(st.sampled_from([0, 0, -1, 500, -(10**9)]))
        payment_id = data.draw(st.sampled_from(sorted(self.payments)))
        invoice_id = self.payments[payment_id]
        invoice = self.invoices[invoice_id]
        amount = max(1, invoice.total + more)

        def work() -> None:
            self.run(confirm_payment, self.kernel, payment_id, Money(amount, "RUB"))

        if not self.attempt(work, allowed=payment_id not in self.booked):
            return
        self.booked.add(payment_id)
        self.balance += amount
        if invoice.parts + amount >= invoice.total and self.may_settle(invoice):
            self.settle(invoice_id)
        else:
            invoice.parts += amount

    def services_in(self, *states: tuple[str, str]) -> list[int]:
        """Services by status and what is under way with them."""
        return [
            key
            for key, each in sorted(self.services.items())
            if (each.status, each.operation) in states
        ]

    def cancel(self, data: st.DataObject) -> None:
        self.try_to_cancel(data.draw(st.sampled_from(self.services_in(("ordered", "")))))

    def try_to_cancel(self, service_id: int) -> None:
        order_id = self.services[service_id].order_id
        mine = [each for each in self.services.values() if each.order_id == order_id]

        def work() -> None:
            self.run(cancel_order, self.kernel, order_id, self.shop.client.id)

        if self.attempt(work, allowed=all(each.status == "ordered" for each in mine)):
            for each in mine:
                each.status = "deleted"
            for invoice in self.invoices.values():
                if service_id in invoice.shares:
                    invoice.status = "cancelled"

    def ask_for_renewal(self, data: st.DataObject) -> None:
        self.try_to_renew(data.draw(st.sampled_from(self.services_in(("active", "")))))

    def try_to_renew(self, service_id: int) -> None:
        issued: list[Invoice] = []

        def work() -> None:
            issued.append(invoice_renewal(self.kernel, self.shop, service_id))

        if self.attempt(work, allowed=service_id in self.services_in(("active", ""))):
            self.withdraw_renewals(service_id)
            price = self.services[service_id].price
            self.invoices[issued[0].id] = ModelInvoice("renewal", price, {service_id: price})

    def withdraw_renewals(self, service_id: int) -> None:
        for invoice in self.invoices.values():
            unpaid = invoice.kind == "renewal" and invoice.status == "new"
            if unpaid and service_id in invoice.shares:
                invoice.status = "cancelled"

    def close(self, data: st.DataObject) -> None:
        self.try_to_close(data.draw(st.sampled_from(self.services_in(*CLOSABLE))))

    def try_to_close(self, service_id: int) -> None:
        service = self.services[service_id]

        def work() -> None:
            self.run(act_on_service, self.kernel, service_id, OperationKind.CLOSE)

        if self.attempt(work, allowed=service_id in self.services_in(*CLOSABLE)):
            if service.status == "failed":
                service.status = "deleted"
            else:
                service.operation, service.paid_by = "close", 0

    def ask_for_anything(self, data: st.DataObject) -> None:
        """Possible or not: the kernel has to know."""
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        actions = [self.try_to_cancel, self.try_to_renew, self.try_to_close]
        data.draw(st.sampled_from(actions))(service_id)
        self.try_to_pay(data.draw(st.sampled_from(sorted(self.invoices))))

    def work(self, data: st.DataObject) -> None:
        """A worker carries one operation on, and the upstream answers as it likes."""
        answer = data.draw(st.sampled_from([*ANSWERS, "done", "done"]))
        busy = [key for key, each in self.services.items() if each.operation]
        service_id = data.draw(st.sampled_from(sorted(busy)))
        service = self.services[service_id]
        self.module.answers.append(ANSWERS[answer]())
        state = go_on(self.kernel, service_id)
        if answer in ("done", "refused"):
            assert state == answer
            self.finish(service_id, service, done=answer == "done")

    def finish(self, service_id: int, service: ModelService, *, done: bool) -> None:
        share = self.invoices[service.paid_by].shares[service_id] if service.paid_by else 0
        self.held -= share
        if done:
            self.earned += share
        else:
            self.balance += share
        match service.operation, done:
            case "open", True:
                service.status, service.months = "active", 1
            case "open", False:
                service.status = "failed"
            case "renew", True:
                service.months += 1
            case "close", True:
                service.status = "deleted"
                self.withdraw_renewals(service_id)
        service.operation, service.paid_by = "", 0

    @invariant()
    def the_kernel_agrees(self) -> None:
        if not hasattr(self, "balance"):
            return
        revenue = AccountKey(AccountKind.REVENUE, self.shop.provider.id, "RUB")
        with self.kernel.database.reading() as session:
            earned = balance_of(session, revenue).amount_minor
            invoices = session.scalars(select(Invoice).filter_by(client_id=self.shop.client.id))
            statuses = {row.id: row.status for row in invoices}
            services = session.scalars(select(Service).filter_by(client_id=self.shop.client.id))
            states = {row.id: (row.status, row.expires_on) for row in services}
            assert verify_ledger(session).problems == ()
        assert (*money_of(self.kernel, self.shop), earned) == (self.balance, self.held, self.earned)
        assert statuses == {key: invoice.status for key, invoice in self.invoices.items()}
        assert states == {
            key: (each.status, months_after(ANCHOR, each.months) if each.months else None)
            for key, each in self.services.items()
        }
