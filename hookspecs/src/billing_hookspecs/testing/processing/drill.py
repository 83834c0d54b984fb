"""Strikes every request of an instruction with a fault and hears what the module makes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from billing_hookspecs.errors import UpstreamError
from billing_hookspecs.processing import Done, OperationKind, Pending, ServiceView
from billing_hookspecs.testing.fault_proxy import Fault, FaultProxy, Snapshot
from billing_hookspecs.testing.faults import CleanRun, Struck, effects_of, read_timeout_s
from billing_hookspecs.testing.processing.rehearsal import Heard, Operation, Rehearsal


@dataclass(frozen=True, slots=True)
class FaultDrill:
    """``services`` never gives the same service twice; ``seen`` reads the upstream's state."""

    rehearsal: Rehearsal
    proxy: FaultProxy
    services: Iterator[ServiceView]
    seen: Callable[[], Snapshot]

    def undisturbed(self, kind: OperationKind) -> CleanRun:
        operation = Operation(kind, self.rehearsal.ready_for(kind, next(self.services)))
        self.proxy.heal()
        outcome = self.rehearsal.give(operation)
        called = self.proxy.exchanges
        self.rehearsal.settle(operation, outcome)
        return CleanRun(len(called), effects_of(called), self._changes())

    def struck(self, kind: OperationKind, fault: Fault, at: int) -> Struck[Operation]:
        operation = Operation(kind, self.rehearsal.ready_for(kind, next(self.services)))
        before = self.seen()
        self.proxy.heal()
        self.proxy.strike(fault, at)
        heard = self.hear(operation, fault)
        self.proxy.settle()
        return Struck(str(kind), operation, fault, at, heard, before, self.seen())

    def hear(self, operation: Operation, fault: Fault) -> Heard:
        """What one call answers or raises; anything but an UpstreamError is let through."""
        try:
            return self.rehearsal.give(operation, read_timeout_s=read_timeout_s(fault))
        except UpstreamError as error:
            return error

    def every(
        self, kind: OperationKind, fault: Fault
    ) -> Iterator[tuple[CleanRun, Struck[Operation]]]:
        """The fault at each request of ``kind``, a service of its own each time."""
        clean = self.undisturbed(kind)
        for at in range(1, clean.requests + 1):
            yield clean, self.struck(kind, fault, at)

    def recovered(self, struck: Struck[Operation]) -> tuple[Done, int]:
        """What it came to in the end, and how many changes the upstream saw in all."""
        before = self._changes()
        self.proxy.heal()
        assert isinstance(struck.heard, Done | Pending | UpstreamError)
        done = self.rehearsal.recover(struck.subject, struck.heard)
        return done, before + self._changes()

    def _changes(self) -> int:
        return len(effects_of(self.proxy.exchanges))
