"""The part of a processing module's conformance that disturbs the line to the upstream."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError
from billing_hookspecs.processing import NotFound, OperationKind, ServiceView
from billing_hookspecs.testing.fault_proxy import Fault, unused_url
from billing_hookspecs.testing.faults import assert_honest, read_timeout_s
from billing_hookspecs.testing.processing.drill import FaultDrill
from billing_hookspecs.testing.processing.fixtures import RehearsedConformance
from billing_hookspecs.testing.processing.rehearsal import Operation, Rehearsal

EVERY_FAULT = pytest.mark.parametrize("fault", list(Fault))


class FaultConformance(RehearsedConformance):
    """What a driver does when the line to its upstream fails."""

    def test_a_refused_connection_is_busy(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """Nothing left this machine, so the kernel may safely try again or elsewhere."""
        unreachable = rehearsal.pointed_at(unused_url(rehearsal.settings["url"]))
        for kind in rehearsal.kinds:
            operation = Operation(kind, rehearsal.ready_for(kind, next(services)))
            with pytest.raises(UpstreamBusyError):
                unreachable.give(operation)
            with pytest.raises((UpstreamBusyError, OutcomeUnknownError)):
                unreachable.find(operation)
        with pytest.raises(UpstreamBusyError):
            unreachable.module.check_connection(unreachable.context())

    @EVERY_FAULT
    def test_a_fault_is_called_by_its_name(self, drill: FaultDrill, fault: Fault) -> None:
        """Busy where something was done buys twice; refused gives the money back for nothing."""
        for kind in drill.rehearsal.kinds:
            for clean, struck in drill.every(kind, fault):
                assert_honest(clean, struck)

    @EVERY_FAULT
    def test_a_lost_answer_is_found_again(self, drill: FaultDrill, fault: Fault) -> None:
        """However the line fails, in the end one service was bought and one is known of."""
        for clean, struck in drill.every(OperationKind.OPEN, fault):
            done, _ = drill.recovered(struck)
            bought = drill.seen().keys() - struck.before.keys()
            assert len(bought) == 1, f"{struck}: {len(bought)} services were bought"
            assert done.upstream_id in bought, f"{struck}: {done.upstream_id!r} is another service"
            assert clean.effects, "nothing that opening sent changed upstream_services()"

    @EVERY_FAULT
    def test_a_fault_never_doubles_or_loses_an_effect(
        self, drill: FaultDrill, fault: Fault
    ) -> None:
        """A renewal that counts twice costs the provider a period; one that is lost, the client."""
        for kind in drill.rehearsal.kinds:
            for clean, struck in drill.every(kind, fault):
                _, changes = drill.recovered(struck)
                assert changes == clean.changes, (
                    f"{struck}: the upstream changed {changes} times, not {clean.changes}"
                )

    @EVERY_FAULT
    def test_a_fault_while_looking_up_decides_nothing(
        self, drill: FaultDrill, fault: Fault
    ) -> None:
        """NotFound after a failed look-up makes the kernel buy again."""
        rehearsal, proxy = drill.rehearsal, drill.proxy
        operation = Operation(OperationKind.OPEN, next(drill.services))
        rehearsal.settle(operation, rehearsal.give(operation))
        proxy.heal()
        rehearsal.find(operation)
        for at in range(1, len(proxy.exchanges) + 1):
            proxy.heal()
            proxy.strike(fault, at)
            with suppress(UpstreamBusyError, OutcomeUnknownError):
                outcome = rehearsal.find(operation, read_timeout_s=read_timeout_s(fault))
                assert not isinstance(outcome, NotFound), f"{fault} at request {at}: NotFound"
