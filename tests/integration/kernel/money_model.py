"""A small model of a client's money, and a machine that holds the kernel to it.

The model knows nothing of ledgers: a balance, what is held, what is earned, and what each
invoice and service is. After each step the kernel must agree, and its books must be right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
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

PRICES = (1000, 350, 0)
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

    @initialize(balance=st.sampled_from([0, 1000, 5000]))
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

    def attempt(self, work: Callable[[], object], *, allowed: bool) -> bool:
        """Do it if the model allows it; the kernel must refuse it otherwise."""
        try:
            work()
        except BillingError:
            assert not allowed
        else:
            assert allowed
        return allowed

    @rule(plan=st.sampled_from(range(len(PRICES))), quantity=st.integers(1, 2))
    def order(self, plan: int, quantity: int) -> None:
        placed = place(self.kernel, self.shops[plan], quantity=quantity)
        price = PRICES[plan]
        shares = {service.id: price for service in placed.services}
        self.invoices[placed.invoice.id] = ModelInvoice("order", price * quantity, shares)
        for service_id in shares:
            self.services[service_id] = ModelService(price, plan, placed.order.id)

    @rule(amount=st.sampled_from([500, 1500]))
    def ask_in_advance(self, amount: int) -> None:
        client_id, money = self.shop.client.id, Money(amount, "RUB")
        invoice_id = self.kernel.database.run(
            lambda session: invoice_advance(session, self.kernel, client_id, money).id
        )
        self.invoices[invoice_id] = ModelInvoice("advance", amount)

    @rule(amount=st.sampled_from([-5000, -700, 300, 2000]), number=st.integers(1, 10**9))
    def adjust(self, amount: int, number: int) -> None:
        owner, money = self.shop.owner, Money(amount, "RUB")

        def work() -> None:
            self.kernel.database.run(lambda session: give(session, owner, money, number))

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

    @precondition(lambda self: self.invoices)
    @rule(data=st.data())
    def pay_from_balance(self, data: st.DataObject) -> None:
        invoice_id = data.draw(st.sampled_from(sorted(self.invoices)))
        invoice = self.invoices[invoice_id]
        allowed = invoice.kind != "advance" and self.may_settle(invoice)
        if self.attempt(lambda: pay(self.kernel, self.shop, invoice_id), allowed=allowed):
            self.settle(invoice_id)

    @precondition(lambda self: any(i.status == "new" and i.total for i in self.invoices.values()))
    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        payable = [
            key for key, each in self.invoices.items() if each.status == "new" and each.total
        ]
        invoice_id = data.draw(st.sampled_from(sorted(payable)))
        payment_id = pay(self.kernel, self.shop, invoice_id, self.method_id)
        self.payments[payment_id] = invoice_id

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), more=st.sampled_from([0, 0, -1, 500, -(10**9)]))
    def confirm(self, data: st.DataObject, more: int) -> None:
        payment_id = data.draw(st.sampled_from(sorted(self.payments)))
        invoice_id = self.payments[payment_id]
        invoice = self.invoices[invoice_id]
        amount = max(1, invoice.total + more)
        money = Money(amount, "RUB")

        def work() -> None:
            self.kernel.database.run(
                lambda session: confirm_payment(session, self.kernel, payment_id, money)
            )

        if not self.attempt(work, allowed=payment_id not in self.booked):
            return
        self.booked.add(payment_id)
        self.balance += amount
        if invoice.parts + amount >= invoice.total and self.may_settle(invoice):
            self.settle(invoice_id)
        else:
            invoice.parts += amount

    @precondition(lambda self: self.services)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        order_id = self.services[service_id].order_id
        client_id = self.shop.client.id
        mine = [each for each in self.services.values() if each.order_id == order_id]

        def work() -> None:
            self.kernel.database.run(
                lambda session: cancel_order(session, self.kernel, order_id, client_id)
            )

        if self.attempt(work, allowed=all(each.status == "ordered" for each in mine)):
            for each in mine:
                each.status = "deleted"
            for invoice in self.invoices.values():
                if service_id in invoice.shares:
                    invoice.status = "cancelled"

    @precondition(lambda self: self.services)
    @rule(data=st.data())
    def ask_for_renewal(self, data: st.DataObject) -> None:
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        service = self.services[service_id]
        issued: list[Invoice] = []

        def work() -> None:
            issued.append(invoice_renewal(self.kernel, self.shop, service_id))

        if self.attempt(work, allowed=service.status == "active" and not service.operation):
            self.withdraw_renewals(service_id)
            shares = {service_id: service.price}
            self.invoices[issued[0].id] = ModelInvoice("renewal", service.price, shares)

    def withdraw_renewals(self, service_id: int) -> None:
        for invoice in self.invoices.values():
            unpaid = invoice.kind == "renewal" and invoice.status == "new"
            if unpaid and service_id in invoice.shares:
                invoice.status = "cancelled"

    @precondition(lambda self: self.services)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        service = self.services[service_id]

        def work() -> None:
            self.kernel.database.run(
                lambda session: act_on_service(
                    session, self.kernel, service_id, OperationKind.CLOSE
                )
            )

        possible = service.status in ("active", "failed") and not service.operation
        if self.attempt(work, allowed=possible):
            if service.status == "failed":
                service.status = "deleted"
            else:
                service.operation, service.paid_by = "close", 0

    @precondition(lambda self: any(each.operation for each in self.services.values()))
    @rule(data=st.data(), answer=st.sampled_from([*ANSWERS, "done", "done"]))
    def work(self, data: st.DataObject, answer: str) -> None:
        """A worker carries one operation on, and the upstream answers so."""
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
