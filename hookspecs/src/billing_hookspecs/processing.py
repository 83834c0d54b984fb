"""Processing modules: drivers that operate services at an upstream."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from billing_hookspecs.context import Context
from billing_hookspecs.errors import CapabilityMissingError, FieldError
from billing_hookspecs.fields import FormField
from billing_hookspecs.money import Money
from billing_hookspecs.product_types import ValueType
from billing_hookspecs.values import Json, LocalizedText, Secret, Value


class Capability(StrEnum):
    """Optional operations; the kernel calls and offers only what a driver declares."""

    SUSPEND = "suspend"
    RENEW = "renew"
    CHANGE = "change"
    CHANGE_PASSWORD = "change_password"
    PANEL_LINK = "panel_link"
    SYNC = "sync"
    IMPORT_TARIFFS = "import_tariffs"
    IMPORT_SERVICES = "import_services"
    USAGE = "usage"
    BALANCE = "balance"
    MANUAL = "manual"
    """People do the work: operations wait for a department's task to be completed."""


CAPABILITY_METHODS: Final[Mapping[Capability, tuple[str, ...]]] = {
    Capability.SUSPEND: ("suspend_service", "resume_service"),
    Capability.RENEW: ("renew_service",),
    Capability.CHANGE: ("change_service",),
    Capability.CHANGE_PASSWORD: ("change_password",),
    Capability.PANEL_LINK: ("panel_link",),
    Capability.SYNC: ("sync_service",),
    Capability.IMPORT_TARIFFS: ("importable_tariffs",),
    Capability.IMPORT_SERVICES: ("import_services",),
    Capability.USAGE: ("collect_usage",),
    Capability.BALANCE: ("balance",),
    Capability.MANUAL: (),
}
"""What a driver that declares a capability overrides: the contract's own methods refuse."""


class OperationKind(StrEnum):
    OPEN = "open"
    SUSPEND = "suspend"
    RESUME = "resume"
    RENEW = "renew"
    CHANGE = "change"
    CLOSE = "close"
    CHANGE_PASSWORD = "change_password"


@dataclass(frozen=True, slots=True)
class ClientView(Value):
    """The client that a service belongs to."""

    id: int
    name: str
    email: str
    country: str


@dataclass(frozen=True, slots=True)
class ServiceView(Value):
    """A sold service as a driver sees it.

    ``reference``    the kernel's own name of the service, unique for this installation and
                     stable: give it to the upstream wherever that can be searched for it.
    ``tariff_code``  the upstream's code of what was sold ("" if the tariff names none).
    ``parameters``   answers to the product type's order form.
    ``resources``    resource-type key → amount in the resource type's unit, an enumeration's
                     internal name, or a boolean; what the service has in all.
    ``facts``        what earlier calls returned; the driver's memory of this service.
    ``paid_until``   half-open end of the paid period; None where nothing ends.
    """

    id: int
    reference: str
    product_type: str
    tariff_code: str
    name: str
    period_months: int
    client: ClientView
    parameters: Mapping[str, Json] = field(default_factory=dict)
    resources: Mapping[str, int | str | bool] = field(default_factory=dict)
    upstream_id: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    paid_until: date | None = None
    auto_renewal: bool = False
    account_template: str = ""
    username: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class OpenService(Value):
    """Create ``service`` upstream."""

    service: ServiceView


@dataclass(frozen=True, slots=True)
class SuspendService(Value):
    service: ServiceView
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResumeService(Value):
    service: ServiceView


@dataclass(frozen=True, slots=True)
class RenewService(Value):
    """Extend by ``period_months``; ``expires_on`` is what the upstream should show after it.

    ``service.paid_until`` is still the end of the period before.
    """

    service: ServiceView
    period_months: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class ChangeService(Value):
    """Turn ``before`` into ``service`` (other tariff, resources or parameters)."""

    service: ServiceView
    before: ServiceView


@dataclass(frozen=True, slots=True)
class CloseService(Value):
    service: ServiceView


@dataclass(frozen=True, slots=True)
class ChangePassword(Value):
    service: ServiceView
    password: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindOperation(Value):
    """What became of an instruction whose answer was lost or is still awaited.

    ``kind``          which call it was.
    ``service``       the service as it was sent.
    ``upstream_id``   what ``Pending`` named, "" if nothing was heard.
    ``started_at``    aware UTC instant before the first attempt.
    ``expires_on``    for RENEW, the date that the renewal was to reach.
    """

    kind: OperationKind
    service: ServiceView
    started_at: datetime
    upstream_id: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Done(Value):
    """It is done upstream.

    ``facts`` are merged into what the kernel keeps of the service; the ones in the driver's
    ``client_facts`` are shown to the client.
    """

    upstream_id: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Pending(Value):
    """The upstream accepted it and works on it; ask again after ``check_after_s`` (5 … 86400).

    The kernel asks with ``find_operation``.
    """

    check_after_s: int
    upstream_id: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotFound(Value):
    """The upstream has no trace of the operation: it was not done.

    Only to be answered after a look-up that would have shown it.
    """


@dataclass(frozen=True, slots=True)
class ImportableAddon(Value):
    """An addon of an upstream tariff; ``costs`` maps a period in months to its unit cost."""

    external_id: str
    resource_type: str
    title: LocalizedText
    value_type: ValueType = ValueType.INTEGER
    minimum: int = 0
    maximum: int | None = None
    step: int = 1
    costs: Mapping[str, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeriodCost(Value):
    period_months: int
    cost: Money


@dataclass(frozen=True, slots=True)
class ImportableTariff(Value):
    """A tariff that the upstream sells to this account, and what it costs there."""

    external_id: str
    product_type: str
    title: LocalizedText
    periods: tuple[PeriodCost, ...]
    addons: tuple[ImportableAddon, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportableService(Value):
    """A service that exists upstream."""

    upstream_id: str
    product_type: str
    tariff_code: str
    name: str
    facts: Mapping[str, Json] = field(default_factory=dict)
    expires_on: date | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionReport(Value):
    """What ``check_connection`` found: names, versions and levels, for people to read."""

    summary: str
    facts: Mapping[str, Json] = field(default_factory=dict)


class ProcessingModule(ABC):
    """A driver that operates services at one kind of upstream.

    An instance is stateless and shared by threads: whatever concerns one connection comes
    with the call's context. Every call may be made at least once for an operation id, and
    all calls with one id must have the effect of one.

    ``key``                names the driver in configurations; unique among all plugins.
    ``product_types``      keys of the product types that it can operate.
    ``settings``           fields of a connection; the one named ``url`` is the base address.
    ``account_identity``   names of the settings that together identify the upstream account;
                           two connections with equal ones are refused. Empty: no such rule.
    ``client_facts``       names of the facts that the service's client may see.
    ``task_facts``         of MANUAL drivers: what the person who completes an opening is asked
                           for. Later operations may bring any of them again, and need none.
    ``quiet_period_s``     after a lost answer, how long the upstream may still be working on
                           the request. Nothing is sent again before it has passed.
    ``call_timeout_s``     deadline of one call, at most 600.
    """

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    product_types: ClassVar[tuple[str, ...]]
    settings: ClassVar[tuple[FormField, ...]] = ()
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
    account_identity: ClassVar[tuple[str, ...]] = ()
    client_facts: ClassVar[tuple[str, ...]] = ()
    task_facts: ClassVar[tuple[FormField, ...]] = ()
    quiet_period_s: ClassVar[int] = 60
    call_timeout_s: ClassVar[int] = 60

    @abstractmethod
    def check_connection(self, context: Context) -> ConnectionReport:
        """Prove that address and credentials work, changing nothing.

        Called:  when a connection is created, changed or checked; a person waits, at most 20 s.
        Args:    context  operation_id is "".
        Returns: ConnectionReport for people.
        Raises:  UpstreamRefusedError  wrong credentials or too few rights.
                 UpstreamBusyError     not reachable now.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """

    @abstractmethod
    def open_service(self, request: OpenService, context: Context) -> Done | Pending:
        """Create one sold service upstream.

        Called:  by a worker, outside any transaction, at least once for an operation id.
        Args:    request  tariff_code, resources in units of their resource types.
        Returns: Done(upstream_id, facts) | Pending(check_after_s, upstream_id).
        Raises:  UpstreamRefusedError  final; the client's money returns to the balance.
                 UpstreamBusyError     nothing bought; retried, or the next module is tried.
                 UpstreamFundsError    the provider's account there is short; it waits.
                 OutcomeUnknownError   the answer was lost; find_operation is asked.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """

    @abstractmethod
    def close_service(self, request: CloseService, context: Context) -> Done | Pending:
        """Delete the service upstream; an absent one counts as done after looking it up.

        Called:  by a worker when a service is deleted.
        Args:    request  service.upstream_id names it; compare the reference where it can be.
        Returns: Done | Pending.
        Raises:  as open_service.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """

    @abstractmethod
    def find_operation(self, request: FindOperation, context: Context) -> Done | Pending | NotFound:
        """Tell what became of an instruction: the look-up before anything is sent again.

        Called:  after a lost answer, and when a Pending's check_after_s has passed.
        Args:    request  what was sent, and what was heard of it.
        Returns: Done | Pending | NotFound. NotFound only after a look-up that would have
                 shown it; the kernel may then send the instruction again.
        Raises:  UpstreamRefusedError  it ended upstream without being done.
                 UpstreamBusyError or OutcomeUnknownError: asked again later.
        Source:  docs/adr/0003-unknown-outcomes.md
        Since:   1.0
        """

    def validate_order(self, service: ServiceView) -> tuple[FieldError, ...]:
        """Object to an order's parameters beyond what the order form's fields check.

        Called:  when an order is priced or placed; no network, budget 20 ms.
        Args:    service  as it would be opened; id is 0 before the order exists.
        Returns: errors with pointers such as /parameters/ip; empty lets it pass.
        Raises:  nothing.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        return ()

    def suspend_service(self, request: SuspendService, context: Context) -> Done | Pending:
        """Stop the service without losing its data. Capability SUSPEND.

        Called:  by a worker, when it expired or somebody entitled asked for it.
        Args:    request  reason is for the upstream's log.
        Returns: Done | Pending; a service that is already stopped is Done.
        Raises:  as open_service.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't suspend services")

    def resume_service(self, request: ResumeService, context: Context) -> Done | Pending:
        """Start a stopped service again. Capability SUSPEND.

        Called:  by a worker, after payment or when somebody entitled asked for it.
        Args:    request  the service as it should run.
        Returns: Done | Pending; a service that already runs is Done.
        Raises:  as open_service.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't resume services")

    def renew_service(self, request: RenewService, context: Context) -> Done | Pending:
        """Extend the service upstream. Capability RENEW, for upstreams that count time.

        Called:  by a worker, after the renewal was paid.
        Args:    request  period in months, and the expiry it should reach.
        Returns: Done(expires_on) | Pending.
        Raises:  as open_service; UpstreamFundsError keeps the client's money held.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't renew services")

    def change_service(self, request: ChangeService, context: Context) -> Done | Pending:
        """Give the service another tariff, other resources or parameters. Capability CHANGE.

        Called:  by a worker, before the change is earned.
        Args:    request  the service as it should be, and as it was.
        Returns: Done(facts) | Pending.
        Raises:  as open_service; a refusal rolls the change's price back.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't change services")

    def change_password(self, request: ChangePassword, context: Context) -> Done | Pending:
        """Set the password of the service's user. Capability CHANGE_PASSWORD.

        Called:  by a worker, when the client asked for it.
        Args:    request  the new password; never log it, never return it as a fact.
        Returns: Done | Pending.
        Raises:  as open_service.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't change passwords")

    def panel_link(self, service: ServiceView, return_url: str, context: Context) -> str:
        """A single-use address that logs the client in to the panel. Capability PANEL_LINK.

        Called:  while the client waits, at most 10 s.
        Args:    service     the active service.
                 return_url  where the panel may lead back to.
        Returns: an absolute URL.
        Raises:  UpstreamRefusedError | UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} has no panel")

    def sync_service(self, service: ServiceView, context: Context) -> Done:
        """Read the facts of a service. Capability SYNC.

        Called:  by reconciliation and when an employee asks for it.
        Args:    service  with its upstream_id.
        Returns: Done with fresh facts and, where the upstream counts time, expires_on.
        Raises:  UpstreamRefusedError("missing")  the upstream doesn't have it.
                 UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't read services back")

    def importable_tariffs(self, context: Context) -> tuple[ImportableTariff, ...]:
        """What the upstream sells to this account. Capability IMPORT_TARIFFS.

        Called:  while an administrator waits, at most 20 s.
        Args:    context  the connection.
        Returns: tariffs with costs in the upstream's currency.
        Raises:  UpstreamRefusedError | UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} has no tariffs to import")

    def import_services(self, context: Context) -> tuple[ImportableService, ...]:
        """The services that exist upstream. Capability IMPORT_SERVICES.

        Called:  by reconciliation, and when an administrator imports.
        Args:    context  the connection.
        Returns: every service of the account.
        Raises:  UpstreamRefusedError | UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't list services")

    def collect_usage(self, service: ServiceView, context: Context) -> Mapping[str, int]:
        """What the service uses now. Capability USAGE.

        Called:  by a worker, daily.
        Args:    service  the active service.
        Returns: resource-type key → amount in the resource type's unit.
        Raises:  UpstreamRefusedError | UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} can't measure usage")

    def balance(self, context: Context) -> Money:
        """The provider's own balance upstream. Capability BALANCE.

        Called:  before an upstream renewal where a minimal balance is configured; by reports.
        Args:    context  the connection.
        Returns: Money in the upstream account's currency.
        Raises:  UpstreamRefusedError | UpstreamBusyError.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """
        raise CapabilityMissingError(f"{self.key} has no balance")
