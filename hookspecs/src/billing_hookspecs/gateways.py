"""Payment gateways: drivers that collect and return money. They report facts; the kernel books."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from billing_hookspecs.context import Context
from billing_hookspecs.errors import CapabilityMissingError, FieldError
from billing_hookspecs.fields import FormField
from billing_hookspecs.money import Money
from billing_hookspecs.values import LocalizedText, Secret, Value


class GatewayCapability(StrEnum):
    NOTIFICATIONS = "notifications"
    FETCH = "fetch"
    STORED_METHODS = "stored_methods"
    REFUND = "refund"
    CONFIRMED_BY_HAND = "confirmed_by_hand"
    """No machine tells that money came: an administrator confirms payments."""


class PaymentState(StrEnum):
    """What a gateway can say of a payment."""

    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PayerView(Value):
    """Who pays, as documents will name them; ``bank`` has what the method's fields asked for."""

    name: str
    kind: str
    country: str
    email: str
    tax_id: str = ""
    bank: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartPayment(Value):
    """Ask for ``amount``.

    ``reference`` is unique for this installation and stable over attempts; give it to the
    gateway as its idempotency key and as what notifications will carry back.
    """

    payment_id: int
    reference: str
    amount: Money
    description: str
    return_url: str
    notification_url: str
    payer: PayerView | None = None
    store_method: bool = False


@dataclass(frozen=True, slots=True)
class PaymentStarted(Value):
    """The gateway awaits the payer.

    ``redirect_url`` is where the payer must go on ("" if nowhere); ``instructions`` is text
    for people, such as the bank details of a transfer.
    """

    external_id: str = ""
    redirect_url: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class StoredMethod(Value):
    """A card or wallet that the gateway keeps; ``token`` means something only to it."""

    token: Secret = field(repr=False)
    title: str
    expires_on: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFact(Value):
    """What a gateway knows of one payment now.

    ``external_id`` is unique at the gateway; ``reference`` is what StartPayment gave it, ""
    if the gateway didn't say. Amounts are what moved, not what was asked for.
    """

    external_id: str
    state: PaymentState
    captured: Money
    refunded: Money
    reference: str = ""
    disputed: Money | None = None
    reason: str = ""
    stored_method: StoredMethod | None = None


@dataclass(frozen=True, slots=True)
class Notification(Value):
    """A request that reached the notification address; headers in lower case, body untouched."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str]
    raw_body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FetchPayment(Value):
    payment_id: int
    reference: str
    amount: Money
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class ChargeStored(Value):
    payment_id: int
    reference: str
    amount: Money
    description: str
    token: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefundPayment(Value):
    """Return ``amount`` of a captured payment; ``reference`` is stable for this refund."""

    payment_external_id: str
    reference: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class RefundDone(Value):
    external_id: str


@dataclass(frozen=True, slots=True)
class RefundPending(Value):
    check_after_s: int
    external_id: str = ""


class PaymentGateway(ABC):
    """A driver that collects money by one method. Stateless, shared by threads.

    ``key``           names the driver in configurations; unique among all plugins.
    ``settings``      fields of a configured method; one named ``api_base`` or ``url`` is the
                      base address of ``context.http``.
    ``payer_fields``  what the method needs to know of the payer's bank.
    ``currencies``    ISO codes that it takes; empty means every currency.
    """

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    settings: ClassVar[tuple[FormField, ...]] = ()
    payer_fields: ClassVar[tuple[FormField, ...]] = ()
    capabilities: ClassVar[frozenset[GatewayCapability]] = frozenset()
    currencies: ClassVar[tuple[str, ...]] = ()
    base_url: ClassVar[str] = ""

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[FieldError, ...]:
        """Object to settings beyond what their fields check, such as one of two being needed.

        Called:  when a payment method is created or changed, after the fields were checked;
                 no network, budget 20 ms.
        Args:    settings  as ``context.settings`` would have them.
        Returns: errors with pointers such as /account; empty lets them pass.
        Raises:  nothing.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        return ()

    @abstractmethod
    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        """Open a payment at the gateway; nothing is taken yet.

        Called:  while the payer waits or by a worker, at least once for a reference; all
                 calls with one reference must open one payment.
        Args:    request  the amount asked for, in minor units.
        Returns: PaymentStarted.
        Raises:  UpstreamRefusedError  the gateway won't take it; the payment has failed.
                 UpstreamBusyError     nothing was opened; tried again.
                 OutcomeUnknownError   the answer was lost; fetch_payment is asked.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """

    def handle_notification(
        self, request: Notification, context: Context
    ) -> tuple[PaymentFact, ...]:
        """Read a notification. Capability NOTIFICATIONS.

        Called:  for every request to the notification address, before anything is stored
                 as true; may ask the gateway through context.http.
        Args:    request  raw body and lower-case headers.
        Returns: facts about payments; empty for news that doesn't concern money.
        Raises:  NotificationRejectedError  unsigned, badly signed, too old, unreadable.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} sends no notifications")

    def fetch_payment(self, request: FetchPayment, context: Context) -> PaymentFact | None:
        """What the gateway knows of a payment now. Capability FETCH.

        Called:  after a lost answer, after a notification, and while a payment is pending.
        Args:    request  external_id is "" where no answer was heard.
        Returns: PaymentFact, or None if the gateway surely has no such payment.
        Raises:  UpstreamBusyError | OutcomeUnknownError.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't be asked for payments")

    def charge_stored(self, request: ChargeStored, context: Context) -> PaymentFact:
        """Take money from a stored method. Capability STORED_METHODS.

        Called:  by a worker, at least once for a reference.
        Args:    request  token of the stored method.
        Returns: PaymentFact; PENDING where the gateway decides later.
        Raises:  as start_payment.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} stores no methods")

    def store_method(self, request: StartPayment, context: Context) -> PaymentStarted:
        """Begin storing a card or wallet without a purchase. Capability STORED_METHODS.

        Called:  while the payer waits.
        Args:    request  amount is zero or the smallest that the gateway can verify with.
        Returns: PaymentStarted with a redirect_url.
        Raises:  as start_payment.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} stores no methods")

    def forget_method(self, token: Secret, context: Context) -> None:
        """Delete a stored method at the gateway; an absent one is fine. Capability STORED_METHODS.

        Called:  by a worker, after the client removed it.
        Args:    token  of the stored method.
        Returns: nothing.
        Raises:  UpstreamBusyError.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} stores no methods")

    def refund(self, request: RefundPayment, context: Context) -> RefundDone | RefundPending:
        """Return money to the payer. Capability REFUND.

        Called:  by a worker, at least once for a reference; all calls with one reference
                 must return money once.
        Args:    request  never more than was captured and not yet refunded.
        Returns: RefundDone | RefundPending.
        Raises:  as start_payment.
        Source:  docs/plugins/gateways.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't refund")
