"""The part of a processing module's conformance that listens for secrets."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from billing_hookspecs.processing import OperationKind, ServiceView
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import Fault, FaultProxy
from billing_hookspecs.testing.processing.fixtures import RehearsedConformance
from billing_hookspecs.testing.processing.operations import CANARY_PASSWORD, after
from billing_hookspecs.testing.processing.rehearsal import Operation, Rehearsal
from billing_hookspecs.testing.secrecy import Ear, listening, secrets_of


class SecrecyConformance(RehearsedConformance):
    """Passwords and keys stay where they were entered."""

    def test_secrets_stay_out_of_logs_answers_and_errors(
        self,
        rehearsal: Rehearsal,
        proxy: FaultProxy,
        services: Iterator[ServiceView],
        refused_service: ServiceView,
        wrong_settings: Mapping[str, Any],
    ) -> None:
        """Logs are read by more people than settings are, and are kept longer."""
        wrong = checked_settings(rehearsal.module.settings, {**wrong_settings, "url": proxy.url})
        secrets = {*secrets_of(rehearsal.settings), *secrets_of(wrong), CANARY_PASSWORD}
        with listening() as ear:
            ear.answer(rehearsal.module)
            _hear_everything(ear, rehearsal, services)
            _hear_faults(ear, rehearsal, proxy, next(services))
            with ear.catching():
                rehearsal.give(Operation(OperationKind.OPEN, refused_service))
            mistaken = replace(rehearsal, settings=wrong)
            with ear.catching():
                ear.answer(mistaken.module.check_connection(mistaken.context()))
            with ear.catching():
                ear.answer(mistaken.give(Operation(OperationKind.OPEN, next(services))))
        ear.assert_not_heard(secrets)


def _hear_everything(ear: Ear, rehearsal: Rehearsal, services: Iterator[ServiceView]) -> None:
    with ear.catching():
        ear.answer(rehearsal.module.check_connection(rehearsal.context()))
    for kind in rehearsal.kinds:
        with ear.catching():
            service = rehearsal.ready_for(kind, next(services))
            ear.answer(service)
            done = rehearsal.carry_out(kind, service)
            ear.answer(done)
            ear.answer(after(service, done))


def _hear_faults(ear: Ear, rehearsal: Rehearsal, proxy: FaultProxy, service: ServiceView) -> None:
    operation = Operation(OperationKind.OPEN, service)
    for fault in set(Fault) - {Fault.SILENCE}:
        for at in (1, 2, 3):
            proxy.heal()
            proxy.strike(fault, at)
            with ear.catching():
                ear.answer(rehearsal.give(operation))
    proxy.heal()
