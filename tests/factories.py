"""Plain functions that make what tests need, with keyword overrides."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from billing_hookspecs import (
    Capability,
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
    Secret,
    SuspendService,
    impl,
)
from billing_kernel.application.cataloguing import TariffFields, create_plan
from billing_kernel.application.connecting import (
    ConfigureModule,
    ConnectionSettings,
    add_module,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import PlacedOrder, place_order
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.posting import post
from billing_kernel.application.quoting import OrderItem
from billing_kernel.bootstrap import build_kernel
from billing_kernel.clock import FixedClock
from billing_kernel.domain.ledger import Owner, draft_adjustment
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Client, Operation, Provider, Service, TariffPlan
from billing_kernel.settings import Settings

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
Scripted = Done | Pending | NotFound | Exception


@dataclass(eq=False)
class FakeModule(ProcessingModule):
    """A driver that answers what a test wrote down and remembers what it was asked."""

    key: ClassVar[str] = "fake"
    title: ClassVar[dict[str, str]] = {"en": "Fake"}
    product_types: ClassVar[tuple[str, ...]] = ("thing",)
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.SUSPEND, Capability.RENEW}
    )
    client_facts: ClassVar[tuple[str, ...]] = ("key",)
    quiet_period_s: ClassVar[int] = 0
    call_timeout_s: ClassVar[int] = 5

    answers: list[Scripted] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def _answer(self, method: str, request: Any) -> Any:
        self.asked.append((method, request))
        answer = self.answers.pop(0) if self.answers else Done("up-1", {"key": "K-1"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("fine")

    def open_service(self, request: OpenService, context: Context) -> Done | Pending:
        return self._answer("open_service", request)

    def close_service(self, request: CloseService, context: Context) -> Done | Pending:
        return self._answer("close_service", request)

    def find_operation(
        self, request: FindOperation, context: Context
    ) -> Done | Pending | NotFound:
        return self._answer("find_operation", request)

    def suspend_service(self, request: SuspendService, context: Context) -> Done | Pending:
        return self._answer("suspend_service", request)

    def resume_service(self, request: ResumeService, context: Context) -> Done | Pending:
        return self._answer("resume_service", request)

    def renew_service(self, request: RenewService, context: Context) -> Done | Pending:
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
        return (
            ProductType("thing", {"en": "Thing"}, (FormField("name", {"en": "Name"}),)),
        )

    @impl
    def billing_processing_modules(self) -> Sequence[ProcessingModule]:
        return (self.module,)


def new_key() -> Secret:
    return Secret(base64.b64encode(os.urandom(32)).decode())


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
    """Sells a thing at 1000 kopecks a month; the client has ``balance_minor`` (5000)."""
    currency = overrides.get("currency", "RUB")

    def create(session: Any) -> Shop:
        provider = Provider(
            name="Hosting",
            currency=currency,
            time_zone=overrides.get("time_zone", "Europe/Moscow"),
            default_country="RU",
            notification_email="ops@provider.test",
        )
        session.add(provider)
        session.flush()
        module = add_module(
            session,
            kernel,
            ConfigureModule("fake", ("thing",), {"en": "Fake"}, {}),
            ConnectionSettings({}, {}),
            None,
        )
        fields = TariffFields(
            provider_id=provider.id,
            product_type="thing",
            name={"en": "Thing"},
            prices=overrides.get("prices", (PriceTerm(1, Money(1000, currency)),)),
            processing_module_id=module.id,
            services_per_order_max=overrides.get("services_per_order_max", 5),
            services_per_client_max=overrides.get("services_per_client_max"),
        )
        plan = create_plan(session, kernel, fields)
        client = make_client(session, provider)
        if balance := overrides.get("balance_minor", 5000):
            give(session, Owner(provider.id, client.id), Money(balance, currency), client.id)
        return Shop(provider, plan, client, module.id)

    return kernel.database.run(create)


def make_client(session: Any, provider: Provider, email: str = "client@client.test") -> Client:
    client = Client(
        provider_id=provider.id,
        email=email,
        name="Client",
        password_hash="-",
        country="RU",
        language="en",
    )
    session.add(client)
    session.flush()
    return client


def give(session: Any, owner: Owner, amount: Money, source_id: int) -> None:
    """Money from nowhere, for tests that don't begin with a payment."""
    post(session, draft_adjustment(owner, source_id, amount, "gift"))


def buy(kernel: Kernel, shop: Shop, **overrides: Any) -> PlacedOrder:
    """Place an order and pay it from the balance."""

    def place(session: Any) -> PlacedOrder:
        item = OrderItem(shop.plan.id, 1, {"name": "my thing"}, **overrides)
        placed = place_order(session, kernel, shop.client.id, item)
        pay_invoice(session, kernel, placed.invoice.id, shop.client.id, PayWith(balance=True))
        return placed

    return kernel.database.run(place)


def operation_of(kernel: Kernel, service_id: int) -> Operation:
    """The newest operation on a service."""
    with kernel.database.reading() as session:
        return (
            session.query(Operation)
            .filter_by(service_id=service_id)
            .order_by(Operation.id.desc())
            .limit(1)
            .one()
        )


def service_of(kernel: Kernel, service_id: int) -> Service:
    with kernel.database.reading() as session:
        return session.get_one(Service, service_id)
