"""A machine that does anything that people, gateways and upstreams may do, in any order."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from tests.factories import (
    NOON,
    FakeModule,
    give,
    invoice_of,
    invoice_renewal,
    make_method,
    make_shop,
    operation_of,
    pay,
    place,
    with_plan,
)
from tests.integration.money.till_model import (
    TAX_PERCENT,
    ModelInvoice,
    ModelMoney,
    ModelPayment,
    ModelService,
    taxed,
)
from tests.tills import Till, captured, uncaptured

from billing_hookspecs import (
    BillingError,
    Done,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    PaymentState,
    UpstreamRefusedError,
)
from billing_kernel.application.advancing import invoice_advance
from billing_kernel.application.denominating import change_currency
from billing_kernel.application.ordering import cancel_order
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.receiving import assign_receipt
from billing_kernel.application.returning import send_refund
from billing_kernel.application.spending import pay_by_themselves
from billing_kernel.clock import FixedClock
from billing_kernel.models import (
    Client,
    Invoice,
    LedgerAccount,
    Payment,
    Provider,
    Refund,
    TaxRate,
    UnmatchedReceipt,
)

PRICES = (1000, 333)
AMOUNTS = st.integers(1, 2500)
ACCOUNTS = {
    "client_balance": "balance",
    "gateway_clearing": "clearing",
    "revenue": "earned",
    "tax_payable": "earned",
}
"""Our names of the books' accounts; net and tax are earned together."""


class MoneyMachine(RuleBasedStateMachine):
    """One client of a shop of its own; the kernel must agree with the model after each step."""

    till: ClassVar[Till]
    numbers: ClassVar[Iterator[int]] = count(1)
    steps: ClassVar[int] = 0

    @initialize(balance=st.sampled_from([0, 1500, 20_000]))
    def open_shop(self, balance: int) -> None:
        kernel, gateway = self.till.kernel, self.till.gateway
        email = f"client{next(self.numbers)}@client.test"
        cast(FixedClock, kernel.clock).instant = NOON
        shop = make_shop(kernel, balance_minor=balance, email=email)
        self.levy_tax(shop.provider)
        gateway.known.clear()
        gateway.answers.clear()
        gateway.asked.clear()
        self.module.answers.clear()
        self.currency, self.now = "RUB", make_method(kernel, shop, gateway.key)
        self.desk = Till(kernel, gateway, shop, self.now)
        self.shops = {"RUB": [with_plan(kernel, shop, price) for price in PRICES]}
        self.model = ModelMoney(NOON.date())
        self.model.accounts |= {"balance RUB": balance, "adjustment RUB": -balance}
        self.invoices: dict[int, ModelInvoice] = {}
        self.services: dict[int, ModelService] = {}
        self.orders: dict[int, int] = {}
        self.payments: dict[int, ModelPayment] = {}
        self.receipts: dict[int, tuple[int, str]] = {}

    @property
    def module(self) -> FakeModule:
        return cast(FakeModule, self.till.kernel.extensions.processing_modules.find("fake"))

    def levy_tax(self, provider: Provider) -> None:
        """On all that this provider sells; the rate is the same for everybody."""

        def work(session: Session) -> None:
            session.get_one(Provider, provider.id).tax = {"policy": "standard"}
            if session.scalar(select(TaxRate.id)) is None:
                rate = f"0.{TAX_PERCENT}"
                session.add(TaxRate(country="RU", rate=rate, valid_from=NOON.date()))

        self.till.kernel.database.run(work)

    def attempt(self, work: Callable[[], object], *, allowed: bool) -> bool:
        """Do it if the model allows it; the kernel must refuse it otherwise, and only then."""
        try:
            work()
        except BillingError:
            assert not allowed
        else:
            assert allowed
        return allowed

    def run(self, use_case: Callable[..., Any], *arguments: object) -> Any:
        return self.desk.kernel.database.run(lambda session: use_case(session, *arguments))

    # Orders, renewals, and what upstreams make of them.

    @rule(plan=st.sampled_from([0, 1]))
    def order(self, plan: int) -> None:
        shop = self.shops[self.currency][plan]
        placed = place(self.desk.kernel, shop)
        total = taxed(PRICES[plan])
        service = ModelService(total, self.currency)
        self.services[placed.services[0].id] = service
        self.orders[placed.services[0].id] = placed.order.id
        self.note(placed.invoice, ModelInvoice("order", total, self.currency, service))

    @rule(minor=AMOUNTS)
    def ask_in_advance(self, minor: int) -> None:
        amount = Money(minor, self.currency)
        client_id = self.desk.shop.client.id
        invoice = self.run(invoice_advance, self.desk.kernel, client_id, amount)
        self.note(invoice, ModelInvoice("advance", minor, self.currency))

    @precondition(lambda self: self.services)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        service = self.services[service_id]
        issued: list[Invoice] = []

        def work() -> None:
            issued.append(invoice_renewal(self.desk.kernel, self.desk.shop, service_id))

        if self.attempt(work, allowed=service.status == "active" and service.paying is None):
            for invoice in self.invoices.values():
                if invoice.service is service and invoice.status == "new":
                    invoice.status = "cancelled"
            renewal = ModelInvoice("renewal", service.price, service.currency, service)
            renewal.issued_on, renewal.ends_on = self.model.today, issued[0].lines[0].end_on
            self.note(issued[0], renewal)

    @precondition(lambda self: self.services)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        service_id = data.draw(st.sampled_from(sorted(self.services)))
        service, order_id = self.services[service_id], self.orders[service_id]
        client_id = self.desk.shop.client.id

        def work() -> None:
            self.run(cancel_order, self.desk.kernel, order_id, client_id)

        if self.attempt(work, allowed=service.status == "ordered"):
            service.status = "deleted"
            for invoice in self.invoices.values():
                if invoice.service is service:
                    invoice.status = "cancelled"

    @precondition(lambda self: any(it.paying for it in self.services.values()))
    @rule(data=st.data(), done=st.sampled_from([True, True, False]))
    def carry_out(self, data: st.DataObject, done: bool) -> None:
        """A worker carries out what a service waits for; the upstream does it or refuses."""
        busy = [key for key, it in sorted(self.services.items()) if it.paying]
        service_id = data.draw(st.sampled_from(busy))
        self.module.answers.append(Done() if done else UpstreamRefusedError("no"))
        run_operation(self.desk.kernel, operation_of(self.desk.kernel, service_id).id)
        self.model.end_operation(self.services[service_id], done=done)

    # Paying: from the balance, by the gateway, by themselves.

    @precondition(lambda self: self.invoices)
    @rule(data=st.data())
    def pay_from_balance(self, data: st.DataObject) -> None:
        self.try_from_balance(*self.some_invoice(data))

    @precondition(lambda self: any(it.kind == "renewal" for it in self.invoices.values()))
    @rule(data=st.data(), days=st.sampled_from([0, 31, 400]))
    def pay_a_renewal_late(self, data: st.DataObject, days: int) -> None:
        renewals = [key for key, it in sorted(self.invoices.items()) if it.kind == "renewal"]
        self.time_passes(days)
        invoice_id = data.draw(st.sampled_from(renewals[-3:]))
        self.try_from_balance(invoice_id, self.invoices[invoice_id])

    def try_from_balance(self, invoice_id: int, invoice: ModelInvoice) -> None:
        allowed = (
            invoice.kind != "advance"
            and not invoice.is_attempted
            and self.model.may_settle(invoice)
        )
        if self.attempt(lambda: pay(self.desk.kernel, self.desk.shop, invoice_id), allowed=allowed):
            self.model.pay_from_balance(invoice)
            self.find_payment(invoice_id, invoice)

    @precondition(lambda self: self.invoices)
    @rule(data=st.data())
    def begin_at_gateway(self, data: st.DataObject) -> None:
        invoice_id, invoice = self.some_invoice(data)
        row = invoice_of(self.desk.kernel, invoice_id)
        begun: list[int] = []

        def work() -> None:
            begun.append(self.desk.begin(row).id)

        open_still = invoice.status == "new" and not self.model.is_stale(invoice)
        if self.attempt(work, allowed=open_still and not invoice.is_attempted):
            payment = ModelPayment(invoice)
            invoice.payments.append(payment)
            self.payments[begun[0]] = payment

    @precondition(lambda self: any(it.by_gateway for it in self.payments.values()))
    @rule(
        data=st.data(),
        more=st.sampled_from([0, 0, 0, -1, 700, -400]),
        abroad=st.sampled_from([False, False, False, True]),
        times=st.integers(1, 2),
    )
    def money_comes(self, data: st.DataObject, more: int, abroad: bool, times: int) -> None:
        """On time or late, twice, too little or too much, in another currency."""
        payment_id, payment = self.some_payment(data, lambda it: it.by_gateway)
        invoice = payment.invoice
        currency = "USD" if abroad else invoice.currency
        minor = payment.captured or max(1, invoice.total + more)
        currency = payment.currency or currency
        for _ in range(times):
            self.desk.tell(self.fact(payment_id, minor, currency, payment))
        if not payment.captured:
            self.model.receive(payment, minor, currency)

    @precondition(lambda self: any(it.by_gateway for it in self.payments.values()))
    @rule(data=st.data(), state=st.sampled_from([PaymentState.FAILED, PaymentState.PENDING]))
    def gateway_takes_nothing(self, data: st.DataObject, state: PaymentState) -> None:
        """The attempt fails, or old news of one that was paid comes late."""
        payment_id, payment = self.some_payment(data, lambda it: it.by_gateway)
        reference = self.desk.payment(payment_id).reference
        self.desk.notify(uncaptured(reference, payment.invoice.currency, state=state))
        if payment.is_open and state is PaymentState.FAILED:
            payment.is_open = False

    @rule()
    def pay_by_themselves(self) -> None:
        """The client lets invoices pay by themselves for a moment."""
        client_id = self.desk.shop.client.id
        mine = update(Client).where(Client.id == client_id)

        def work(session: Session) -> None:
            session.execute(mine.values(pays_from_balance=True))
            pay_by_themselves(session, self.desk.kernel, client_id)
            session.execute(mine.values(pays_from_balance=False))

        self.run(work)
        for invoice_id, invoice in sorted(self.invoices.items()):
            free = invoice.kind != "advance" and not invoice.is_attempted
            if free and self.model.may_settle(invoice):
                self.model.pay_from_balance(invoice)
                self.find_payment(invoice_id, invoice)

    # Money that goes back, or comes from nowhere.

    @precondition(lambda self: any(it.captured for it in self.payments.values()))
    @rule(
        data=st.data(),
        minor=st.one_of(AMOUNTS, st.none()),
        to=st.sampled_from(["gateway", "gateway", "balance"]),
        answer=st.sampled_from(["done", "refused", "lost"]),
    )
    def refund(self, data: st.DataObject, minor: int | None, to: str, answer: str) -> None:
        payment_id, payment = self.some_payment(data, lambda it: bool(it.captured))
        plan = self.model.plan_refund(payment, payment.left if minor is None else minor, to)
        asked: list[Refund] = []

        def work() -> None:
            row = self.desk.payment(payment_id)
            asked.append(self.desk.refund(row, minor, to))

        if not self.attempt(work, allowed=plan is not None):
            return
        assert plan is not None
        self.model.refund(plan, to)
        if to == "balance":
            return
        if answer == "lost":
            self.desk.gateway.answers["refund"].append(OutcomeUnknownError("lost"))
            send_refund(self.desk.kernel, asked[0].id)
        if answer == "refused":
            self.desk.gateway.answers["refund"].append(UpstreamRefusedError("no"))
            self.model.take_back(plan)
        send_refund(self.desk.kernel, asked[0].id)

    @precondition(lambda self: any(it.sent_back > 1 for it in self.payments.values()))
    @rule(data=st.data(), share=st.sampled_from([1, 2]))
    def refund_fails_late(self, data: st.DataObject, share: int) -> None:
        """All or a half of what the gateway said it returned is there again."""
        payment_id, payment = self.some_payment(data, lambda it: it.sent_back > 1)
        self.desk.tell(self.fact(payment_id, payment.captured, payment.currency, payment))
        self.model.return_late(payment, payment.sent_back * share // 2)
        self.desk.tell(self.fact(payment_id, payment.captured, payment.currency, payment))

    @precondition(lambda self: any(it.captured and it.by_gateway for it in self.payments.values()))
    @rule(data=st.data(), share=st.sampled_from([0, 1, 2]))
    def bank_disputes(self, data: st.DataObject, share: int) -> None:
        """The payer's bank takes back all, a half or nothing (any more)."""
        payment_id, payment = self.some_payment(
            data, lambda it: bool(it.captured) and it.by_gateway
        )
        minor = (payment.captured - payment.refunded) * share // 2
        fact = self.fact(payment_id, payment.captured, payment.currency, payment)
        self.desk.tell(replace(fact, disputed=Money(minor, payment.currency)))
        self.model.dispute(payment, minor)

    @rule(minor=AMOUNTS)
    def strange_money_comes(self, minor: int) -> None:
        name = f"strange-{next(self.numbers)}"
        self.desk.tell(captured(name, Money(minor, self.currency)))
        with self.desk.kernel.database.reading() as session:
            newest = select(UnmatchedReceipt.id).order_by(UnmatchedReceipt.id.desc())
            receipt_id = session.scalars(newest.limit(1)).one()
        self.receipts[receipt_id] = (minor, self.currency)
        self.model.move("clearing", "suspense", self.currency, minor)

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def assign(self, data: st.DataObject) -> None:
        receipt_id = data.draw(st.sampled_from(sorted(self.receipts)))
        minor, currency = self.receipts[receipt_id]

        def work() -> None:
            self.run(assign_receipt, self.desk.kernel, receipt_id, self.desk.shop.client.id)

        if self.attempt(work, allowed=minor > 0):
            self.model.move("suspense", "balance", currency, minor)
            self.receipts[receipt_id] = (0, currency)

    @rule(minor=st.integers(-3000, 3000).filter(bool))
    def adjust(self, minor: int) -> None:
        def work() -> None:
            self.run(give, self.desk.shop.owner, Money(minor, self.currency))

        if self.attempt(work, allowed=self.model.balance(self.currency) + minor >= 0):
            self.model.move("adjustment", "balance", self.currency, minor)

    # The world around.

    @rule(days=st.sampled_from([1, 27, 31, 400]))
    def time_passes(self, days: int) -> None:
        clock = cast(FixedClock, self.desk.kernel.clock)
        clock.instant += timedelta(days=days)
        self.model.today = clock.instant.date()

    @rule(currency=st.sampled_from(["RUB", "JPY", "KWD"]))
    def change_currency(self, currency: str) -> None:
        """What was sold, owed or paid keeps its own; only new things are in the new one."""
        unpaid = any(it.status == "new" and it.kind != "advance" for it in self.invoices.values())
        busy = unpaid or any(it.is_open for it in self.payments.values())
        provider_id = self.desk.shop.provider.id
        same = currency == self.currency

        def work() -> None:
            self.run(change_currency, provider_id, currency)

        if self.attempt(work, allowed=same or not busy) and not same:
            self.currency = currency
            if currency not in self.shops:
                provider = self.shops["RUB"][0].provider
                provider.currency = currency
                shop = self.desk.shop
                shop.provider.currency = currency
                self.shops[currency] = [
                    with_plan(self.desk.kernel, shop, price) for price in PRICES
                ]

    @invariant()
    def the_kernel_agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        type(self).steps += 1
        books: dict[str, int] = defaultdict(int)
        with self.desk.kernel.database.reading() as session:
            mine = LedgerAccount.provider_id == self.desk.shop.provider.id
            accounts = select(
                LedgerAccount.kind, LedgerAccount.currency, LedgerAccount.balance_minor
            )
            for kind, currency, minor in session.execute(accounts.where(mine)):
                books[f"{ACCOUNTS.get(kind, kind)} {currency}"] += minor
            provider_id = self.desk.shop.provider.id
            rows = session.execute(
                select(Invoice.id, Invoice.status).where(
                    Invoice.provider_id == provider_id, Invoice.kind != "credit_note"
                )
            )
            statuses = {row.id: row.status for row in rows}
        assert {name: minor for name, minor in books.items() if minor} == self.model.books
        assert statuses == {key: invoice.status for key, invoice in self.invoices.items()}

    def note(self, row: Invoice, invoice: ModelInvoice) -> None:
        assert row.total_minor == invoice.total
        self.invoices[row.id] = invoice

    def some_invoice(self, data: st.DataObject) -> tuple[int, ModelInvoice]:
        invoice_id = data.draw(st.sampled_from(sorted(self.invoices)))
        return invoice_id, self.invoices[invoice_id]

    def some_payment(
        self, data: st.DataObject, fits: Callable[[ModelPayment], bool]
    ) -> tuple[int, ModelPayment]:
        fitting = [key for key, payment in sorted(self.payments.items()) if fits(payment)]
        payment_id = data.draw(st.sampled_from(fitting))
        return payment_id, self.payments[payment_id]

    def find_payment(self, invoice_id: int, invoice: ModelInvoice) -> None:
        """The payment that the kernel made for paying from the balance."""
        with self.desk.kernel.database.reading() as session:
            made = select(Payment.id).where(
                Payment.invoice_id == invoice_id, Payment.payment_method_id.is_(None)
            )
            self.payments[session.scalars(made).one()] = invoice.payments[-1]

    def fact(
        self, payment_id: int, minor: int, currency: str, payment: ModelPayment
    ) -> PaymentFact:
        """What the gateway knows: all that it sent back, and what the bank claims."""
        row = self.desk.payment(payment_id)
        disputed = Money(payment.disputed, currency) if payment.disputed else None
        refunded = Money(payment.sent_back, currency)
        return captured(row.reference, Money(minor, currency), refunded=refunded, disputed=disputed)
