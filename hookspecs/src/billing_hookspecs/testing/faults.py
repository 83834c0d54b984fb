"""What a disturbed call may answer: neither more nor less than the driver can know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError, UpstreamError
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S
from billing_hookspecs.testing.fault_proxy import Exchange, Fault, FaultProxy, Snapshot

SILENCE_TIMEOUT_S = 0.3
Call: TypeAlias = Callable[[float], object]
"""One instruction, given with a read time-out in seconds; giving it again repeats it."""
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
    return SILENCE_TIMEOUT_S if fault is Fault.SILENCE else READ_TIMEOUT_S


def effects_of(exchanges: tuple[Exchange, ...]) -> frozenset[int]:
    return frozenset(index for index, exchange in enumerate(exchanges, 1) if exchange.changed)


def strike_each(
    proxy: FaultProxy,
    seen: Callable[[], Snapshot],
    what: str,
    prepare: Callable[[], Call],
    fault: Fault,
) -> Iterator[tuple[CleanRun, Struck[Call]]]:
    """Disturb each request of the call that ``prepare`` makes anew each time.

    ``seen`` reads the upstream's state. The proxy is healed before each pair is given out.
    """
    call = prepare()
    proxy.heal()
    call(READ_TIMEOUT_S)
    effects = effects_of(proxy.exchanges)
    clean = CleanRun(len(proxy.exchanges), effects, len(effects))
    for at in range(1, clean.requests + 1):
        call = prepare()
        before = seen()
        proxy.heal()
        proxy.strike(fault, at)
        heard = heard_from(call, read_timeout_s(fault))
        proxy.settle()
        proxy.heal()
        yield clean, Struck(what, call, fault, at, heard, before, seen())


def heard_from(call: Call, timeout_s: float) -> object:
    """What the call answers, or the UpstreamError that it raises."""
    try:
        return call(timeout_s)
    except UpstreamError as error:
        return error


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
