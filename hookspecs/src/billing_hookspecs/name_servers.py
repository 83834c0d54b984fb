"""Name servers: drivers that make domain names lead to addresses."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from billing_hookspecs.context import Context
from billing_hookspecs.fields import FormField
from billing_hookspecs.processing import ConnectionReport, NotFound
from billing_hookspecs.values import LocalizedText, Value


@dataclass(frozen=True, slots=True)
class PointDomain(Value):
    """Make a name lead to an address.

    ``reference``  the kernel's name of the service that the name belongs to.
    ``domain``     in ASCII and lower case, without a final dot: ``ann.hosting.example``.
    ``address``    IPv4 or IPv6 in canonical form: ``192.0.2.10``, ``2001:db8::1``.
    ``previous``   where the kernel may have made the name lead before: it leads there no longer
                   afterwards. A name that leads anywhere else is somebody else's and stays.
    """

    reference: str
    domain: str
    address: str
    previous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveDomain(Value):
    """Make a name lead to ``addresses`` no longer; nothing else of the name is touched."""

    reference: str
    domain: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindDomain(Value):
    """Where a name leads, after an answer was lost."""

    reference: str
    domain: str


@dataclass(frozen=True, slots=True)
class DomainPointed(Value):
    """The name leads to the address that was asked for."""


@dataclass(frozen=True, slots=True)
class DomainRemoved(Value):
    """The name leads to none of the addresses."""


@dataclass(frozen=True, slots=True)
class DomainFound(Value):
    """Every address that the name leads to by records of its own, in canonical form."""

    addresses: tuple[str, ...]


class NameServer(ABC):
    """A driver that keeps records of names in zones it has. Stateless, shared by threads.

    It never makes or deletes a zone, and of a zone it touches only the records of the name
    that it is asked for. Every call may be made at least once.

    ``key``             names the driver in configurations; unique among all name servers.
    ``settings``        fields of a connection; the one of kind URL is the base address.
    ``quiet_period_s``  after a lost answer, how long the upstream may still be working on the
                        request. Nothing is sent again before it has passed.
    ``call_timeout_s``  deadline of one call, at most 600.
    """

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    settings: ClassVar[tuple[FormField, ...]] = ()
    quiet_period_s: ClassVar[int] = 60
    call_timeout_s: ClassVar[int] = 60

    @abstractmethod
    def check_connection(self, context: Context) -> ConnectionReport:
        """Prove that address and credentials work, changing nothing.

        Called:  when a name server is created, changed or checked; a person waits, at most 20 s.
        Args:    context  operation_id is "".
        Returns: ConnectionReport for people.
        Raises:  UpstreamRefusedError  wrong credentials or too few rights.
                 UpstreamBusyError     not reachable now.
        Source:  docs/plugins/name-servers.md
        Since:   1.0
        """

    @abstractmethod
    def point_domain(self, request: PointDomain, context: Context) -> DomainPointed:
        """Make a name lead to an address; one that does already is left as it is.

        Called:  by a worker, outside any transaction, at least once for a name and address,
                 after the service was opened or got another address.
        Args:    request  the name, the address, and where the name may lead from before.
        Returns: DomainPointed.
        Raises:  UpstreamRefusedError  final: ``zone_missing`` where no zone of the account has
                                       the name, ``name_taken`` where it leads elsewhere.
                 UpstreamBusyError     nothing was changed.
                 OutcomeUnknownError   the answer was lost; find_domain is asked.
        Source:  docs/plugins/name-servers.md
        Since:   1.0
        """

    @abstractmethod
    def remove_domain(self, request: RemoveDomain, context: Context) -> DomainRemoved:
        """Make a name lead to addresses no longer; gone already counts, after looking it up.

        Called:  by a worker, outside any transaction, at least once, after the service was
                 deleted.
        Args:    request  a record of the name that leads anywhere else is never removed.
        Returns: DomainRemoved.
        Raises:  as point_domain, but that a zone or name which isn't there is no error.
        Source:  docs/plugins/name-servers.md
        Since:   1.0
        """

    @abstractmethod
    def find_domain(self, request: FindDomain, context: Context) -> DomainFound | NotFound:
        """Tell where a name leads: the look-up before anything is sent again.

        Called:  by a worker after a lost answer, once the quiet period has passed.
        Args:    request  the name.
        Returns: DomainFound | NotFound. NotFound only after a look-up that would have shown it.
        Raises:  UpstreamBusyError or OutcomeUnknownError: asked again later.
        Source:  docs/adr/0003-unknown-outcomes.md
        Since:   1.0
        """
