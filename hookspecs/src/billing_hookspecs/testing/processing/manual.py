"""Conformance of processing modules whose upstream is people."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from billing_hookspecs.processing import (
    Capability,
    ConnectionReport,
    Done,
    NotFound,
    OperationKind,
    Pending,
    ProcessingModule,
    ServiceView,
)
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.processing.declarations import ModuleDeclarations
from billing_hookspecs.testing.processing.operations import Instructions
from billing_hookspecs.testing.processing.rehearsal import Operation, Rehearsal
from billing_hookspecs.testing.wire import PAUSE_S, assert_plain


class ManualModuleConformance(ModuleDeclarations):
    """What a module does that declares MANUAL: a department's task is its upstream.

    Fixtures to write: ``module``, and where the defaults don't fit ``settings`` (none) and
    ``new_service`` (number → ServiceView).
    """

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        return {}

    @pytest.fixture
    def rehearsal(self, module: ProcessingModule, settings: Mapping[str, Any]) -> Rehearsal:
        """Without an upstream: whoever uses the network fails."""
        connection = checked_settings(module.settings, dict(settings))
        return Rehearsal(module, connection, Instructions(lambda it: it), lambda: None)

    def test_people_do_the_work(self, module: ProcessingModule) -> None:
        """Only then does the kernel make tasks of its operations."""
        assert Capability.MANUAL in module.capabilities

    def test_checking_the_connection_needs_no_network(self, rehearsal: Rehearsal) -> None:
        """The module is the first that works in a new installation."""
        report = rehearsal.module.check_connection(rehearsal.context())
        assert isinstance(report, ConnectionReport)
        assert report.summary.strip()

    def test_opening_waits_for_a_person(
        self, rehearsal: Rehearsal, new_service: Callable[[int], ServiceView]
    ) -> None:
        """Done would earn the money before anybody has looked at the task."""
        assert isinstance(rehearsal.give(Operation(OperationKind.OPEN, new_service(1))), Pending)

    def test_every_operation_answers_with_a_plain_value(
        self, rehearsal: Rehearsal, new_service: Callable[[int], ServiceView]
    ) -> None:
        """Whatever the answer, it is stored as JSON, and a pause has bounds."""
        for number, kind in enumerate(rehearsal.kinds, 1):
            outcome = rehearsal.give(Operation(kind, new_service(number)))
            assert isinstance(outcome, Done | Pending)
            assert_plain(outcome, f"the outcome of {kind}")
            if isinstance(outcome, Pending):
                assert outcome.check_after_s in PAUSE_S

    def test_an_open_task_is_never_not_found(
        self, rehearsal: Rehearsal, new_service: Callable[[int], ServiceView]
    ) -> None:
        """NotFound would make the kernel give the work to people a second time."""
        for number, kind in enumerate(rehearsal.kinds, 1):
            operation = Operation(kind, new_service(number))
            rehearsal.give(operation)
            assert not isinstance(rehearsal.find(operation), NotFound)
