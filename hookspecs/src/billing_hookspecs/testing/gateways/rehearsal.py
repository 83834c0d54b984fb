"""Plays the kernel's part towards a payment gateway."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing_hookspecs.context import Context
from billing_hookspecs.gateways import (
    ChargeStored,
    FetchPayment,
    GatewayCapability,
    Notification,
    PaymentFact,
    PaymentGateway,
    PaymentStarted,
    PaymentState,
    RefundDone,
    RefundPayment,
    RefundPending,
    StartPayment,
)
from billing_hookspecs.money import Money
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S, make_context
from billing_hookspecs.testing.fault_proxy import Fault, FaultProxy, Snapshot
from billing_hookspecs.testing.faults import Call, CleanRun, Struck, strike_each
from billing_hookspecs.values import Secret

METHODS: dict[GatewayCapability, tuple[str, ...]] = {
    GatewayCapability.NOTIFICATIONS: ("handle_notification",),
    GatewayCapability.FETCH: ("fetch_payment",),
    GatewayCapability.STORED_METHODS: ("charge_stored", "store_method", "forget_method"),
    GatewayCapability.REFUND: ("refund",),
    GatewayCapability.CONFIRMED_BY_HAND: (),
}
"""Capability → the methods that a gateway declaring it overrides."""


@dataclass(frozen=True, slots=True)
class GatewayRehearsal:
    """One gateway on one configured method, through a fault proxy.

    ``payments`` never gives the same payment twice; ``pay`` lets the payer pay one that was
    started; ``seen`` reads what exists at the gateway.
    """

    gateway: PaymentGateway
    settings: Mapping[str, Any]
    proxy: FaultProxy
    payments: Iterator[StartPayment]
    pay: Callable[[PaymentStarted], None]
    seen: Callable[[], Snapshot]

    def declares(self, capability: GatewayCapability) -> bool:
        return capability in self.gateway.capabilities

    def context(self, operation_id: str = "", read_timeout_s: float = READ_TIMEOUT_S) -> Context:
        return make_context(
            self.settings,
            self.proxy.url,
            operation_id=operation_id,
            read_timeout_s=read_timeout_s,
        )

    def with_settings(self, settings: Mapping[str, Any]) -> "GatewayRehearsal":
        return replace(self, settings=settings)

    def start(self, request: StartPayment, timeout_s: float = READ_TIMEOUT_S) -> PaymentStarted:
        return self.gateway.start_payment(request, self.context(request.reference, timeout_s))

    def started(self) -> tuple[StartPayment, PaymentStarted]:
        """A new payment, opened."""
        request = next(self.payments)
        return request, self.start(request)

    def paid(self) -> tuple[StartPayment, PaymentStarted]:
        """A new payment that the payer has paid."""
        request, started = self.started()
        self.pay(started)
        return request, started

    def fetch(self, request: StartPayment, external_id: str = "") -> PaymentFact | None:
        wanted = FetchPayment(request.payment_id, request.reference, request.amount, external_id)
        return self.gateway.fetch_payment(wanted, self.context(request.reference))

    def notified(self, notification: Notification) -> tuple[PaymentFact, ...]:
        return self.gateway.handle_notification(notification, self.context())

    def charge(
        self, request: StartPayment, token: Secret, timeout_s: float = READ_TIMEOUT_S
    ) -> PaymentFact:
        charge = ChargeStored(
            request.payment_id, request.reference, request.amount, request.description, token
        )
        return self.gateway.charge_stored(charge, self.context(request.reference, timeout_s))

    def captured(self) -> PaymentFact:
        """A new payment that was paid, as the gateway knows it."""
        request, started = self.paid()
        if not self.declares(GatewayCapability.FETCH):
            nothing = Money.zero(request.amount.currency)
            captured = PaymentState.CAPTURED
            return PaymentFact(started.external_id, captured, request.amount, nothing)
        fact = self.fetch(request, started.external_id)
        assert fact is not None, "a payment that was paid isn't found"
        return fact

    def refund(
        self, payment: PaymentFact, reference: str, amount: Money, timeout_s: float = READ_TIMEOUT_S
    ) -> RefundDone | RefundPending:
        request = RefundPayment(payment.external_id, reference, amount, "requested by the payer")
        return self.gateway.refund(request, self.context(reference, timeout_s))

    def every(
        self, what: str, prepare: Callable[[], Call], fault: Fault
    ) -> Iterator[tuple[CleanRun, Struck[Call]]]:
        """The fault at each request of the call that ``prepare`` makes anew each time."""
        return strike_each(self.proxy, self.seen, what, prepare, fault)
