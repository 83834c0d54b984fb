"""What a disturbed call may answer: neither more nor less than the driver can know."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError, UpstreamError
from billing_hookspecs.testing.fault_proxy import Exchange, Fault, Snapshot

SILENCE_TIMEOUT_S = 0.3
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class CleanRun:
    """An undisturbed run.

    ``requests``  how many the call made.
    ``effects``   which of them, counted from 1, changed the upstream.
    ``changes``   how often the upstream changed until all was done.
    """

    requests: int
    effects: frozenset[int]
    changes: int


@dataclass(frozen=True, slots=True)
class Struck(Generic[S]):
    """One disturbed call: what it was for, what was heard, and the upstream around it."""

    what: str
    subject: S
    fault: Fault
    at: int
    heard: object
    before: Snapshot
    behind: Snapshot

    def __str__(self) -> str:
        return f"{self.what} with {self.fault} at request {self.at}"


def read_timeout_s(fault: Fault) -> float:
    """Short where the fault is silence, else long enough for a busy machine."""
    return SILENCE_TIMEOUT_S if fault is Fault.SILENCE else 5.0


def effects_of(exchanges: tuple[Exchange, ...]) -> frozenset[int]:
    return frozenset(index for index, exchange in enumerate(exchanges, 1) if exchange.changed)


def assert_honest(clean: CleanRun, struck: Struck[S]) -> None:
    """Assert that the driver neither promised nor denied more than it can know."""
    heard = struck.heard
    if not isinstance(heard, UpstreamError) or isinstance(heard, OutcomeUnknownError):
        return
    assert isinstance(heard, UpstreamBusyError), (
        f"{struck}: {type(heard).__name__} is final, but a fault is no answer"
    )
    assert struck.before == struck.behind, (
        f"{struck}: UpstreamBusyError says that nothing was done, but something was"
    )
    assert struck.fault is Fault.UNAVAILABLE or struck.at not in clean.effects, (
        f"{struck}: the driver can't know that nothing was done; OutcomeUnknownError says so"
    )
