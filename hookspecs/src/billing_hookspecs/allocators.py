"""IP allocators: drivers that hand out addresses and take them back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from billing_hookspecs.context import Context
from billing_hookspecs.fields import FormField
from billing_hookspecs.processing import ConnectionReport, NotFound
from billing_hookspecs.values import Json, LocalizedText, Value


class IpFamily(StrEnum):
    IPV4 = "ipv4"
    IPV6 = "ipv6"


@dataclass(frozen=True, slots=True)
class AllocateAddress(Value):
    """Hand out one address.

    ``reference``  the kernel's own name of this one address, unique for this installation and
                   stable over attempts: a service with three addresses has three of them. Give
                   it to the upstream wherever that can be searched for it.
    ``domain``     what the address is to resolve back to, "" for nothing in particular.
    """

    reference: str
    family: IpFamily
    domain: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseAddress(Value):
    """Take ``address`` back, which was handed out under ``reference``."""

    reference: str
    family: IpFamily
    address: str


@dataclass(frozen=True, slots=True)
class FindAddress(Value):
    """What became of an allocation whose answer was lost."""

    reference: str
    family: IpFamily


@dataclass(frozen=True, slots=True)
class AddressAllocated(Value):
    """``address`` in canonical form: ``192.0.2.10``, ``2001:db8::1``."""

    address: str
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddressReleased(Value):
    """The address is no longer held under the reference, whenever others may have it."""


class IpAllocator(ABC):
    """A driver that hands out addresses. Stateless, shared by threads.

    Addresses are as scarce as money: every call may be made at least once for a reference,
    and all calls with one reference must hold one address.

    ``key``               names the driver in configurations; unique among all plugins.
    ``settings``          fields of a connection; the one named ``url`` is the base address.
    ``account_identity``  names of the settings that together identify the upstream account;
                          two connections with equal ones are refused. Empty: no such rule.
    ``families``          what it can hand out.
    ``shares_addresses``  True where services may be given an address that others have too;
                          otherwise the kernel refuses an address that it knows as taken.
    ``quiet_period_s``    after a lost answer, how long the upstream may still be working on
                          the request. Nothing is sent again before it has passed.
    ``call_timeout_s``    deadline of one call, at most 600.
    """

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    settings: ClassVar[tuple[FormField, ...]] = ()
    account_identity: ClassVar[tuple[str, ...]] = ()
    families: ClassVar[frozenset[IpFamily]] = frozenset({IpFamily.IPV4, IpFamily.IPV6})
    shares_addresses: ClassVar[bool] = False
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
    def allocate_address(self, request: AllocateAddress, context: Context) -> AddressAllocated:
        """Hand out one address, or the one that the reference already holds.

        Called:  by a worker, outside any transaction, at least once for a reference; before
                 the service that needs it is opened or changed.
        Args:    request  family, and the name that the address is to resolve back to.
        Returns: AddressAllocated.
        Raises:  UpstreamRefusedError  final; the service's own operation is refused with it.
                 UpstreamBusyError     nothing was handed out, such as when none is free now.
                 OutcomeUnknownError   the answer was lost; find_address is asked.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """

    @abstractmethod
    def release_address(self, request: ReleaseAddress, context: Context) -> AddressReleased:
        """Take one address back; one that is no longer held counts after looking it up.

        Called:  by a worker, after the service was closed or gave the address up.
        Args:    request  never release an address that the reference doesn't hold: by then
                          it may be somebody else's.
        Returns: AddressReleased.
        Raises:  as allocate_address.
        Source:  docs/plugins/processing.md
        Since:   1.0
        """

    @abstractmethod
    def find_address(self, request: FindAddress, context: Context) -> AddressAllocated | NotFound:
        """Tell which address a reference holds: the look-up before anything is sent again.

        Called:  after a lost answer, and by reconciliation.
        Args:    request  the reference that was given to allocate_address.
        Returns: AddressAllocated | NotFound. NotFound only after a look-up that would have
                 shown it; the kernel may then allocate again.
        Raises:  UpstreamBusyError or OutcomeUnknownError: asked again later.
        Source:  docs/adr/0003-unknown-outcomes.md
        Since:   1.0
        """
