"""Where a free domain shall lead, where it may lead now, and what to ask next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, TypeAlias

from billing_hookspecs import DomainFound, DomainPointed, DomainRemoved, NotFound, UpstreamError
from billing_hookspecs.errors import OutcomeUnknownError

Answer: TypeAlias = DomainPointed | DomainRemoved | DomainFound | NotFound | UpstreamError


class DomainState(StrEnum):
    WAITING = "waiting"
    """The service has no address yet."""
    WORKING = "working"
    SETTLED = "settled"
    FAILED = "failed"
    """A person was asked."""


class DomainCall(StrEnum):
    POINT = "point"
    REMOVE = "remove"
    FIND = "find"


@dataclass(frozen=True, slots=True)
class Leading:
    """``address`` is where a domain shall lead, "" nowhere; ``led`` where it may because of us."""

    address: str
    led: tuple[str, ...] = ()
    in_doubt: bool = False

    @property
    def is_settled(self) -> bool:
        return not self.in_doubt and self.led == ((self.address,) if self.address else ())

    @property
    def call(self) -> DomainCall:
        """What to ask next: what was sent without an answer is looked up before anything else."""
        if self.in_doubt:
            return DomainCall.FIND
        return DomainCall.POINT if self.address else DomainCall.REMOVE

    def asking(self) -> "Leading":
        """As it is while the next call is under way: from now on its effect is possible."""
        led = self.led
        if self.call is DomainCall.POINT and self.address not in led:
            led = (*led, self.address)
        return replace(self, led=led, in_doubt=True)

    def after(self, answer: Answer) -> "Leading":
        """As it is after the answer to its next call."""
        match answer:
            case DomainPointed():
                return replace(self, led=(self.address,), in_doubt=False)
            case DomainRemoved() | NotFound():
                return replace(self, led=(), in_doubt=False)
            case DomainFound(addresses):
                return replace(self, led=_among(self.led, addresses), in_doubt=False)
            case OutcomeUnknownError():
                return self.asking()
        # Nothing was done: it is as in doubt as it was.
        return self


def address_in(facts: Mapping[str, Any]) -> str:
    """A service's address among its facts in canonical form; "" where there is none."""
    try:
        return str(ip_address(str(facts.get("ip", "")).strip()))
    except ValueError:
        return ""


def is_free(domain: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a service's domain was made up for it, not given by its client."""
    return bool(domain) and domain not in parameters.values()


def _among(led: Sequence[str], addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple(address for address in led if address in addresses)
