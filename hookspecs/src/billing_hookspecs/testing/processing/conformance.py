"""Conformance of processing modules: inherit a suite, write its fixtures, run pytest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from billing_hookspecs.errors import UpstreamRefusedError
from billing_hookspecs.money import Money
from billing_hookspecs.processing import (
    CAPABILITY_METHODS,
    Capability,
    ConnectionReport,
    Done,
    ImportableService,
    ImportableTariff,
    NotFound,
    OperationKind,
    Pending,
    ServiceView,
)
from billing_hookspecs.testing.declarations import assert_key, checked_settings
from billing_hookspecs.testing.fault_proxy import FaultProxy, Snapshot
from billing_hookspecs.testing.processing.faults import FaultConformance
from billing_hookspecs.testing.processing.operations import call_optional
from billing_hookspecs.testing.processing.rehearsal import Operation, Rehearsal
from billing_hookspecs.testing.processing.repeats import RepeatConformance
from billing_hookspecs.testing.processing.secrecy import SecrecyConformance
from billing_hookspecs.testing.wire import PAUSE_S, assert_plain

READS = (
    Capability.PANEL_LINK,
    Capability.SYNC,
    Capability.IMPORT_TARIFFS,
    Capability.IMPORT_SERVICES,
    Capability.USAGE,
    Capability.BALANCE,
)


class ProcessingModuleConformance(RepeatConformance, FaultConformance, SecrecyConformance):
    """What every processing module with an upstream does.

    Fixtures to write:

    ``module``             an instance of the driver.
    ``upstream``           a running simulator of its upstream, new for each test.
    ``settings``           the connection's settings as an administrator would enter them;
                           ``url`` is the simulator's address, secrets are 8 characters or more.
    ``upstream_services``  a function that reads what was bought there: upstream id → state,
                           comparable with ``==`` (no counters, no progress). Left out, it is
                           ``upstream.services``.

    And where the defaults don't fit:

    ``new_service``        number → a ServiceView that can be opened.
    ``refused_service``    a ServiceView that the upstream refuses; by default one of a tariff
                           that doesn't exist.
    ``changed``            ServiceView → what it becomes, where CHANGE is declared.
    ``let_time_pass``      a function that makes the upstream finish what it works on.
    ``wrong_settings``     settings that the upstream turns away; by default other secrets.
    """

    def test_checking_the_connection_changes_nothing(
        self, rehearsal: Rehearsal, upstream_services: Callable[[], Snapshot]
    ) -> None:
        """Administrators press the button as often as they like."""
        before = upstream_services()
        report = rehearsal.module.check_connection(rehearsal.context())
        assert isinstance(report, ConnectionReport)
        assert report.summary.strip()
        assert_plain(report, "ConnectionReport")
        assert upstream_services() == before, "checking the connection changed the upstream"

    def test_wrong_credentials_are_refused(
        self, rehearsal: Rehearsal, proxy: FaultProxy, wrong_settings: Mapping[str, Any]
    ) -> None:
        """Busy would let the kernel knock until the upstream locks the account."""
        wrong = checked_settings(rehearsal.module.settings, {**wrong_settings, "url": proxy.url})
        if wrong == rehearsal.settings:
            return  # an upstream without credentials has no wrong ones
        with pytest.raises(UpstreamRefusedError):
            rehearsal.module.check_connection(replace(rehearsal, settings=wrong).context())

    def test_opening_gives_one_service_by_its_upstream_id(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """The id is all that later operations have."""
        before = upstream_services()
        first, second = rehearsal.opened(next(services)), rehearsal.opened(next(services))
        bought = upstream_services().keys() - before.keys()
        told = [first.upstream_id, second.upstream_id]
        assert sorted(told) == sorted(bought), f"the upstream ids are {sorted(bought)}, not {told}"

    def test_a_refusal_moves_nothing(
        self,
        rehearsal: Rehearsal,
        refused_service: ServiceView,
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """The client gets the money back, so nothing may have been bought with it."""
        before = upstream_services()
        with pytest.raises(UpstreamRefusedError) as refusal:
            rehearsal.carry_out(OperationKind.OPEN, refused_service)
        assert upstream_services() == before, "the refused opening changed the upstream"
        assert_key(refusal.value.reason, "the reason")

    def test_closing_an_absent_service_is_done(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """What is gone already must not stay in the list of failures for ever."""
        service = rehearsal.opened(next(services))
        rehearsal.carry_out(OperationKind.CLOSE, service)
        assert isinstance(rehearsal.carry_out(OperationKind.CLOSE, service), Done)

    def test_closing_removes_only_its_own_service(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """The neighbour's data can't be brought back."""
        before = upstream_services().keys()
        kept, gone = rehearsal.opened(next(services)), rehearsal.opened(next(services))
        rehearsal.carry_out(OperationKind.CLOSE, gone)
        left = upstream_services().keys() - before
        assert left == {kept.upstream_id}, f"closing one service left {sorted(left)}"

    def test_outcomes_are_plain_values(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """They are stored as JSON and may come from another process."""
        for kind in rehearsal.kinds:
            operation = Operation(kind, rehearsal.ready_for(kind, next(services)))
            outcomes = [rehearsal.give(operation), rehearsal.find(operation)]
            for outcome in outcomes:
                assert isinstance(outcome, Done | Pending | NotFound), (
                    f"{kind}: {outcome!r} is no outcome"
                )
                assert_plain(outcome, f"the outcome of {kind}")

    def test_pending_names_a_pause_within_bounds(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """Shorter floods the upstream, longer forgets the client."""
        for kind in rehearsal.kinds:
            operation = Operation(kind, rehearsal.ready_for(kind, next(services)))
            for outcome in (rehearsal.give(operation), rehearsal.find(operation)):
                if isinstance(outcome, Pending):
                    assert outcome.check_after_s in PAUSE_S, f"{kind}: {outcome.check_after_s} s"

    def test_reads_answer_with_plain_values(
        self,
        rehearsal: Rehearsal,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> None:
        """Reports, imports and reconciliation store what they are told, and change nothing."""
        service = rehearsal.opened(next(services))
        before = upstream_services()
        for capability in rehearsal.module.capabilities.intersection(READS):
            (method,) = CAPABILITY_METHODS[capability]
            answer = call_optional(rehearsal.module, method, service, rehearsal.context())
            assert_read(capability, answer)
        assert upstream_services() == before, "reading changed the upstream"

    def test_reading_a_missing_service_says_missing(
        self, rehearsal: Rehearsal, services: Iterator[ServiceView]
    ) -> None:
        """Reconciliation tells a lost service from a lost answer by this word."""
        service = rehearsal.opened(next(services))
        rehearsal.carry_out(OperationKind.CLOSE, service)
        if Capability.SYNC in rehearsal.module.capabilities:
            with pytest.raises(UpstreamRefusedError) as refusal:
                rehearsal.module.sync_service(service, rehearsal.context())
            assert refusal.value.reason == "missing"


def assert_read(capability: Capability, answer: object) -> None:
    """Assert that a reading call answered with what its contract names."""
    match capability:
        case Capability.PANEL_LINK:
            assert isinstance(answer, str)
            assert urlsplit(answer).scheme in ("http", "https"), "the link is not absolute"
        case Capability.SYNC:
            assert isinstance(answer, Done)
            assert_plain(answer, "what sync_service answered")
        case Capability.BALANCE:
            assert isinstance(answer, Money)
        case Capability.USAGE:
            assert isinstance(answer, Mapping)
            assert all(type(amount) is int for amount in answer.values()), "usage is whole units"
        case _:
            assert isinstance(answer, tuple)
            wanted = {Capability.IMPORT_TARIFFS: ImportableTariff}.get(
                capability, ImportableService
            )
            assert answer, f"the simulator has nothing to show for {capability}"
            for item in answer:
                assert isinstance(item, wanted)
                assert_plain(item, f"an answer of {capability}")
