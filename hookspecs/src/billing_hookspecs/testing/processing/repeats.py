"""The part of a processing module's conformance about repeats and look-ups."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

from billing_hookspecs.errors import OutcomeUnknownError, UpstreamError
from billing_hookspecs.processing import Done, OperationKind, Pending, ServiceView
from billing_hookspecs.testing.fault_proxy import Snapshot
from billing_hookspecs.testing.processing.fixtures import RehearsedConformance
from billing_hookspecs.testing.processing.rehearsal import Operation, Rehearsal


class RepeatConformance(RehearsedConformance):
    """An instruction has one effect, however often it is given, and can be looked up."""

    def test_repeating_an_operation_buys_once(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """A worker that died after the call makes it again, in another process."""
        restarted = replace(rehearsal, module=copy.deepcopy(rehearsal.module))
        operation = Operation(OperationKind.OPEN, next(services))
        before = upstream_services()
        first = rehearsal.settle(operation, rehearsal.give(operation))
        second = restarted.settle(operation, restarted.give(operation, attempt=2))
        bought = upstream_services().keys() - before.keys()
        assert len(bought) == 1, f"one operation bought {len(bought)} services"
        assert second.upstream_id == first.upstream_id

    def test_repeating_any_operation_changes_nothing_more(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """A renewal that is delivered twice must be counted once."""
        for kind in rehearsal.kinds:
            operation = Operation(kind, rehearsal.ready_for(kind, next(services)))
            restarted = replace(rehearsal, module=copy.deepcopy(rehearsal.module))
            first = rehearsal.settle(operation, rehearsal.give(operation))
            once = upstream_services()
            second = restarted.settle(operation, restarted.give(operation, attempt=2))
            assert upstream_services() == once, f"{kind} had its effect twice"
            assert second.expires_on == first.expires_on, f"{kind} answers another date"

    def test_nothing_is_remembered_between_calls(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """Instances are shared by threads and differ between processes."""
        before = copy.deepcopy(vars(rehearsal.module))
        for kind in rehearsal.kinds:
            rehearsal.carry_out(kind, rehearsal.ready_for(kind, next(services)))
        assert vars(rehearsal.module) == before, "the instance changed while it was used"

    def test_what_was_never_sent_is_not_found(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """Done would earn the money for nothing."""
        for kind in rehearsal.kinds:
            operation = Operation(kind, rehearsal.ready_for(kind, next(services)))
            try:
                outcome: object = rehearsal.find(operation)
            except OutcomeUnknownError as honest:
                assert kind is not OperationKind.OPEN, "an opening must be found or not found"
                outcome = honest
            assert not isinstance(outcome, Done | Pending), f"{kind} was never sent: {outcome}"

    def test_what_was_done_is_found(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """The look-up after a lost answer has nothing but what was sent."""
        operation = Operation(OperationKind.OPEN, next(services))
        done = rehearsal.settle(operation, rehearsal.give(operation))
        found = rehearsal.settle(operation, rehearsal.find(operation))
        assert found.upstream_id == done.upstream_id

    def test_another_service_is_not_adopted(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
    ) -> None:
        """One that looks alike is somebody else's: only the reference tells them apart."""
        theirs, ours = next(services), next(services)
        rehearsal.opened(theirs)
        alike = replace(theirs, id=ours.id, reference=ours.reference)
        try:
            outcome: object = rehearsal.find(Operation(OperationKind.OPEN, alike))
        except UpstreamError as honest:
            outcome = honest
        assert not isinstance(outcome, Done | Pending), f"adopted a foreign service: {outcome}"
