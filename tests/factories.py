"""Plain functions that make what tests need, with keyword overrides."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Capability,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FindOperation,
    FormField,
    Money,
    NotFound,
    OpenService,
    Pending,
    PluginManifest,
    ProcessingModule,
    ProductType,
    RenewService,
    ResumeService,
    SuspendService,
    impl,
)
from billing_kernel.application.adjusting import AdjustBalance, adjust_balance
from billing_kernel.application.cataloguing import create_plan
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.connecting import (
    ConfigureModule,
    ConnectionSettings,
    add_module,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.offering import create_method
from billing_kernel.application.ordering import PlacedOrder, place_order
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.posting import balance_of
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.registering import create_administrator
from billing_kernel.application.renewing import RenewService as Renewal
from billing_kernel.application.renewing import renew_service
from billing_kernel.bootstrap import build_kernel
from billing_kernel.clock import FixedClock
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.states import OPEN_OPERATIONS
from billing_kernel.domain.tariff_fields import TariffFields
from billing_kernel.domain.tariffs import PriceTerm, read_terms, terms_document
from billing_kernel.models import (
    Administrator,
    Client,
    Invoice,
    Operation,
    Payment,
    PaymentMethod,
    Provider,
    Service,
    TariffPlan,
    TariffVersion,
    Task,
    TaxRate,
    wall_clock,
)
from billing_kernel.models import ProcessingModule as ModuleRow
from billing_kernel.settings import Settings

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Scripted = Done | Pending | NotFound | BaseException


@dataclass(eq=False)
class FakeModule(ProcessingModule):
    """A driver that answers what a test wrote down and remembers what it was asked."""

    key: ClassVar[str] = "fake"
    title: ClassVar[dict[str, str]] = {"en": "Fake"}
    product_types: ClassVar[tuple[str, ...]] = ("thing",)
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.SUSPEND, Capability.RENEW, Capability.CHANGE}
    )
    client_facts: ClassVar[tuple[str, ...]] = ("key",)
    quiet_period_s: ClassVar[int] = 0
    call_timeout_s: ClassVar[int] = 5

    answers: list[Scripted] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def _answer(self, method: str, request: Any) -> Any:
        self.asked.append((method, request))
        answer = self.answers.pop(0) if self.answers else Done("up-1", {"key": "K-1"})
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("fine")

    def open_service(self, request: OpenService, context: Context) -> Any:
        return self._answer("open_service", request)

    def close_service(self, request: CloseService, context: Context) -> Any:
        return self._answer("close_service", request)

    def find_operation(self, request: FindOperation, context: Context) -> Any:
        return self._answer("find_operation", request)

    def suspend_service(self, request: SuspendService, context: Context) -> Any:
        return self._answer("suspend_service", request)

    def resume_service(self, request: ResumeService, context: Context) -> Any:
        return self._answer("resume_service", request)

    def change_service(self, request: ChangeService, context: Context) -> Any:
        return self._answer("change_service", request)

    def renew_service(self, request: RenewService, context: Context) -> Any:
        return self._answer("renew_service", request)

    @property
    def calls(self) -> list[str]:
        return [method for method, _ in self.asked]


class FakePlugin:
    """Sells things, which the fake module provides."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("fake_things", "Things", ">=1.0,<2")

    def __init__(self, module: ProcessingModule) -> None:
        self.module = module

    @impl
    def billing_product_types(self) -> Sequence[ProductType]:
        form = (FormField("name", {"en": "Name"}),)
        return (ProductType("thing", {"en": "Thing"}, form, periods_months=(1, 3, 12, 36, 0)),)

    @impl
    def billing_processing_modules(self) -> Sequence[ProcessingModule]:
        return (self.module,)


def make_kernel(settings: Settings, module: ProcessingModule, **overrides: Any) -> Kernel:
    """A kernel with the fake plugin, standing still at noon of a January 31st."""
    clock = overrides.pop("clock", FixedClock(NOON))
    return build_kernel(settings, clock, (FakePlugin(module), *overrides.pop("plugins", ())))


@dataclass(frozen=True, slots=True)
class Shop:
    """A provider with one tariff plan and one client."""

    provider: Provider
    plan: TariffPlan
    client: Client
    module_id: int

    @property
    def owner(self) -> Owner:
        return Owner(self.provider.id, self.client.id)


def make_shop(kernel: Kernel, **overrides: Any) -> Shop:
    """Sells a thing at 1000 kopecks a month; the client has ``balance_minor`` (5000).

    ``any_module`` leaves open which of the modules provides it; ``tax_rate`` taxes it.
    """
    currency = overrides.get("currency", "RUB")

    def create(session: Session) -> Shop:
        provider = Provider(
            name="Hosting",
            currency=currency,
            time_zone=overrides.get("time_zone", "Europe/Moscow"),
            default_country="RU",
            notification_email="ops@provider.test",
        )
        session.add(provider)
        if tax_rate := overrides.get("tax_rate"):
            provider.tax = {"policy": "standard"}
            session.add(TaxRate(country="RU", rate=tax_rate, valid_from=NOON.date()))
        session.flush()
        driver = overrides.get("driver", "fake")
        module = _add_module(session, kernel, driver, overrides.get("sort", 1))
        fields = TariffFields(
            provider_id=provider.id,
            product_type="thing",
            name={"en": "Thing"},
            prices=overrides.get("prices", (PriceTerm(1, Money(1000, currency)),)),
            processing_module_id=None if overrides.get("any_module") else module.id,
            setup_fee=overrides.get("setup_fee"),
            services_per_order_max=overrides.get("services_per_order_max", 5),
            services_per_client_max=overrides.get("services_per_client_max"),
        )
        plan = create_plan(session, kernel, fields)
        client = make_client(session, provider, overrides.get("email", "client@client.test"))
        if balance := overrides.get("balance_minor", 5000):
            give(session, Owner(provider.id, client.id), Money(balance, currency))
        return Shop(provider, plan, client, module.id)

    return kernel.database.run(create)


def with_plan(kernel: Kernel, shop: Shop, price_minor: int) -> Shop:
    """The same shop, selling by another plan at this price a month."""
    price = Money(price_minor, shop.provider.currency)
    fields = TariffFields(
        provider_id=shop.provider.id,
        product_type="thing",
        name={"en": "Other thing"},
        prices=(PriceTerm(1, price),),
        processing_module_id=shop.module_id,
        services_per_order_max=5,
    )
    plan = kernel.database.run(lambda session: create_plan(session, kernel, fields))
    return replace(shop, plan=plan)


def sell_under(kernel: Kernel, shop: Shop, **changes: Any) -> None:
    """Change the terms of the shop's plan: what is sold from now on is sold under these."""

    def work(session: Session) -> None:
        plan = session.get_one(TariffPlan, shop.plan.id)
        present = read_terms(version_in_force(session, plan).terms)
        plan.version += 1
        terms = terms_document(msgspec.structs.replace(present, **changes))
        session.add(TariffVersion(tariff_plan_id=plan.id, version=plan.version, terms=terms))

    kernel.database.run(work)


def add_another_module(kernel: Kernel, driver: str = "fake", sort: int = 2) -> int:
    """The id of one more connection of a driver; lower ``sort`` is tried first."""
    return kernel.database.run(lambda session: _add_module(session, kernel, driver, sort).id)


def switch_modules(kernel: Kernel, *, on: bool) -> None:
    """Enable or disable every connection."""
    kernel.database.run(lambda session: session.execute(update(ModuleRow).values(is_enabled=on)))


def _add_module(session: Session, kernel: Kernel, driver: str, sort: int) -> ModuleRow:
    described = ConfigureModule(driver, ("thing",), {"en": "Fake"}, {}, sort=sort)
    return add_module(session, kernel, described, ConnectionSettings({}, {}), None)


def make_client(
    session: Session, provider: Provider, email: str = "client@client.test", **columns: Any
) -> Client:
    client = Client(
        provider_id=provider.id,
        email=email,
        name="Client",
        password_hash="-",
        country="RU",
        language="en",
        **columns,
    )
    session.add(client)
    session.flush()
    return client


def make_method(kernel: Kernel, shop: Shop, driver: str = "manual") -> PaymentMethod:
    """A way to pay that people confirm."""
    return kernel.database.run(
        lambda session: create_method(
            session, kernel, driver, {}, [shop.provider.id], {"name": {"en": driver}}
        )
    )


def make_administrator(session: Session, email: str = "admin@provider.test") -> Administrator:
    """The administrator of this address, made where there is none."""
    return create_administrator(session, email, "Admin", "-")


def give(session: Session, owner: Owner, amount: Money, number: int = 1) -> None:
    """Money from an administrator, for tests that don't begin with a payment."""
    admin = make_administrator(session)
    reason = f"gift {number}"
    adjust_balance(
        session, AdjustBalance(owner.client_id, admin.id, amount, reason, owner.provider_id)
    )


def place(kernel: Kernel, shop: Shop, **overrides: Any) -> PlacedOrder:
    """Place an order and leave it unpaid."""
    wanted = {"tariff_plan_id": shop.plan.id, "period_months": 1, "parameters": {"name": "mine"}}
    item = OrderItem(**{**wanted, **overrides})
    return kernel.database.run(lambda session: place_order(session, kernel, shop.client.id, item))


def pay(kernel: Kernel, shop: Shop, invoice_id: int, method_id: int | None = None) -> int:
    """Pay an invoice from the balance, or begin to by a method; the payment's id, or 0."""
    pay_with = PayWith(balance=method_id is None, payment_method_id=method_id)

    def work(session: Session) -> int:
        payment = pay_invoice(session, kernel, invoice_id, shop.client.id, pay_with)
        session.flush()
        return payment.id if payment else 0

    return kernel.database.run(work)


def buy(kernel: Kernel, shop: Shop, **overrides: Any) -> PlacedOrder:
    """Place an order and pay it from the balance."""
    placed = place(kernel, shop, **overrides)
    pay(kernel, shop, placed.invoice.id)
    return placed


def open_one(kernel: Kernel, shop: Shop, **overrides: Any) -> int:
    """Buy one service and see it opened; its id."""
    service_id = buy(kernel, shop, **overrides).services[0].id
    run_operation(kernel, operation_of(kernel, service_id).id)
    return service_id


def invoice_renewal(kernel: Kernel, shop: Shop, service_id: int, months: int = 1) -> Invoice:
    """The invoice of a renewal, unpaid."""
    return kernel.database.run(
        lambda session: renew_service(session, kernel, Renewal(service_id, months), shop.client.id)
    )


def renew(kernel: Kernel, shop: Shop, service_id: int, months: int = 1) -> None:
    """Renew a service and pay for it from the balance; a worker has to go on."""
    pay(kernel, shop, invoice_renewal(kernel, shop, service_id, months).id)


def run_newest(kernel: Kernel, service_id: int) -> Operation:
    """Carry the newest operation on a service one call further, and see what it is then."""
    run_operation(kernel, operation_of(kernel, service_id).id)
    return operation_of(kernel, service_id)


def let_pass(kernel: Kernel, seconds: int) -> None:
    """Make all instants of open operations that much earlier, as if time had passed."""
    by = timedelta(seconds=seconds)

    def shift(session: Session) -> None:
        for operation in session.scalars(
            select(Operation).where(Operation.state.in_(OPEN_OPERATIONS))
        ):
            operation.due_at -= by
            operation.quiet_until = operation.quiet_until and operation.quiet_until - by
            operation.lease_until = operation.lease_until and operation.lease_until - by

    kernel.database.run(shift)


def let_come_due(kernel: Kernel, service_id: int) -> None:
    """Make time pass until the newest operation on a service is due."""
    wait_s = (operation_of(kernel, service_id).due_at - wall_clock()).total_seconds()
    let_pass(kernel, max(0, int(wait_s) + 1))


def go_on(kernel: Kernel, service_id: int) -> str:
    """Wait until the newest operation is due, carry it one call further, and see its state."""
    let_come_due(kernel, service_id)
    return run_newest(kernel, service_id).state


def money_of(kernel: Kernel, shop: Shop, currency: str = "") -> tuple[int, int]:
    """Minor units on the client's balance, and held for what is under way."""
    currency = currency or shop.provider.currency
    with kernel.database.reading() as session:
        balance = balance_of(session, shop.owner.balance(currency))
        held = balance_of(session, shop.owner.held(currency))
    return balance.amount_minor, held.amount_minor


def invoice_of(kernel: Kernel, invoice_id: int) -> Invoice:
    with kernel.database.reading() as session:
        return session.get_one(Invoice, invoice_id)


def payment_of(kernel: Kernel, payment_id: int) -> Payment:
    with kernel.database.reading() as session:
        return session.get_one(Payment, payment_id)


def open_tasks(kernel: Kernel) -> list[Task]:
    """What people are asked to do, oldest first."""
    with kernel.database.reading() as session:
        return list(session.scalars(select(Task).where(Task.status == "open").order_by(Task.id)))


def operation_of(kernel: Kernel, service_id: int) -> Operation:
    """The newest operation on a service."""
    with kernel.database.reading() as session:
        newest = select(Operation).filter_by(service_id=service_id).order_by(Operation.id.desc())
        return session.scalars(newest.limit(1)).one()


def service_of(kernel: Kernel, service_id: int) -> Service:
    with kernel.database.reading() as session:
        return session.get_one(Service, service_id)
