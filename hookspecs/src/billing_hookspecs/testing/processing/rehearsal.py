"""Plays the kernel's part: gives instructions, looks up what got lost, waits for the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeAlias

from billing_hookspecs.context import Context
from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError, UpstreamError
from billing_hookspecs.processing import (
    Done,
    FindOperation,
    NotFound,
    OperationKind,
    Pending,
    ProcessingModule,
    ServiceView,
)
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S, make_context
from billing_hookspecs.testing.processing.operations import (
    NEEDED,
    Instructions,
    after,
    renewed_until,
)

ROUNDS = 20
"""How often a pending operation is asked for before it counts as stuck."""
_numbers = count(1)
Heard: TypeAlias = Done | Pending | UpstreamError


@dataclass(frozen=True, slots=True)
class Operation:
    """One deliberate instruction; all calls for it carry the same operation id."""

    kind: OperationKind
    service: ServiceView
    operation_id: str = field(default_factory=lambda: f"operation-{next(_numbers)}")
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One driver on one connection.

    ``settings``       as ``check_fields`` returned them, pointing at the upstream or a proxy.
    ``instructions``   how each kind of instruction is given.
    ``let_time_pass``  makes the upstream finish what it works on.
    """

    module: ProcessingModule
    settings: Mapping[str, Any]
    instructions: Instructions
    let_time_pass: Callable[[], None]

    @property
    def kinds(self) -> tuple[OperationKind, ...]:
        """The instructions that the driver takes."""
        declared = self.module.capabilities
        return tuple(kind for kind, needed in NEEDED.items() if not needed or needed in declared)

    def pointed_at(self, url: str) -> "Rehearsal":
        """The same connection with another base address."""
        return replace(self, settings={**self.settings, "url": url})

    def context(
        self, operation_id: str = "", attempt: int = 1, read_timeout_s: float = READ_TIMEOUT_S
    ) -> Context:
        return make_context(
            self.settings,
            operation_id=operation_id,
            attempt=attempt,
            read_timeout_s=read_timeout_s,
        )

    def give(
        self, operation: Operation, attempt: int = 1, read_timeout_s: float = READ_TIMEOUT_S
    ) -> Done | Pending:
        """One call of the driver."""
        context = self.context(operation.operation_id, attempt, read_timeout_s)
        return self.instructions.give(self.module, operation.kind, operation.service, context)

    def find(
        self, operation: Operation, upstream_id: str = "", read_timeout_s: float = READ_TIMEOUT_S
    ) -> Done | Pending | NotFound:
        """One look-up, as after a lost answer (``upstream_id`` "") or while it is pending."""
        kind, sent, expires_on = operation.kind, operation.service, None
        if kind is OperationKind.RENEW:
            expires_on = renewed_until(sent)
        if kind is OperationKind.CHANGE:
            sent = self.instructions.changed(sent)
        request = FindOperation(kind, sent, operation.started_at, upstream_id, expires_on)
        context = self.context(operation.operation_id, read_timeout_s=read_timeout_s)
        return self.module.find_operation(request, context)

    def settle(self, operation: Operation, outcome: Done | Pending | NotFound) -> Done:
        """Ask until ``outcome`` is no longer pending."""
        for _ in range(ROUNDS):
            if isinstance(outcome, Done):
                return outcome
            assert not isinstance(outcome, NotFound), (
                f"{operation.kind} was accepted, but find_operation doesn't know of it"
            )
            assert isinstance(outcome, Pending), f"{operation.kind}: {outcome!r} is no outcome"
            self.let_time_pass()
            outcome = self.find(operation, outcome.upstream_id)
        raise AssertionError(
            f"{operation.kind} is still pending after {ROUNDS} look-ups; "
            "the fixture let_time_pass should make the upstream finish it"
        )

    def carry_out(self, kind: OperationKind, service: ServiceView) -> Done:
        """Give an instruction and wait until it is done."""
        operation = Operation(kind, service)
        return self.settle(operation, self.give(operation))

    def recover(self, operation: Operation, heard: Heard) -> Done:
        """What the kernel does after ``heard``, on an upstream that works again."""
        outcome: Done | Pending | NotFound
        match heard:
            case OutcomeUnknownError():
                self.let_time_pass()  # the quiet period
                outcome = self.find(operation)
            case UpstreamBusyError():
                outcome = NotFound()
            case UpstreamError():
                raise AssertionError("a fault is no refusal: the money would go back") from heard
            case _:
                outcome = heard
        if isinstance(outcome, NotFound):
            outcome = self.give(operation, attempt=2)
        return self.settle(operation, outcome)

    def opened(self, service: ServiceView) -> ServiceView:
        """The service once it runs."""
        return after(service, self.carry_out(OperationKind.OPEN, service))

    def ready_for(self, kind: OperationKind, service: ServiceView) -> ServiceView:
        """The service in a state in which ``kind`` has something to do."""
        if kind is OperationKind.OPEN:
            return service
        service = self.opened(service)
        if kind is OperationKind.RESUME:
            service = after(service, self.carry_out(OperationKind.SUSPEND, service))
        return service
