"""A plugin whose drivers break their contract again and again is set aside, and no other."""

import socket
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest

from billing_hookspecs import (
    BillingError,
    Context,
    Done,
    Notification,
    OpenService,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.extensions import (
    DriverFaultError,
    PluginQuarantinedError,
    PluginStatus,
    Reason,
)
from billing_kernel.extensions.faults import CONSECUTIVE_FAULTS_MAX, FaultCounter


def test_repeated_faults_set_the_plugin_aside_until_it_is_released(
    scripted: Any, circumstances: Any, opening: OpenService, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken driver must not go on leaving operations in doubt by the hundred."""
    extensions, module, _ = scripted(lambda *_: None)

    def call(expected: type[BillingError]) -> None:
        with circumstances() as context, pytest.raises(expected):
            extensions.call_driver(module.open_service, opening, context)

    for _ in range(CONSECUTIVE_FAULTS_MAX):
        call(DriverFaultError)
    call(PluginQuarantinedError)

    record = extensions.plugin("scripted")
    assert issubclass(PluginQuarantinedError, UpstreamBusyError), "nothing was done, so it waits"
    assert module.calls == CONSECUTIVE_FAULTS_MAX
    assert caplog.text.count("the plugin scripted is quarantined") == 1
    assert (record.status, record.reason) == (PluginStatus.QUARANTINED, Reason.REPEATED_FAULTS)
    assert "the answer is None, not Done | Pending" in record.reason_text
    assert extensions.processing_modules.find("scripted") is module, "it can still be shown"

    assert extensions.release("scripted").status is PluginStatus.ACTIVE
    call(DriverFaultError)
    assert module.calls == CONSECUTIVE_FAULTS_MAX + 1


def test_only_faults_in_a_row_count(
    scripted: Any, circumstances: Any, opening: OpenService
) -> None:
    """A driver that mostly works is worth more than none."""
    four: list[Any] = [None] * 4
    refused, lost = UpstreamRefusedError("no"), httpx.ReadTimeout("no answer")
    outcomes = [*four, Done(), *four, refused, *four, lost, *four]

    def script(*_: object) -> Any:
        outcome = outcomes[module.calls - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    extensions, module, _ = scripted(script)
    for _ in outcomes:
        with circumstances() as context:
            try:
                extensions.call_driver(module.open_service, opening, context)
            except BillingError:
                continue

    assert module.calls == len(outcomes)
    assert extensions.plugin("scripted").status is PluginStatus.ACTIVE


def test_lost_answers_do_not_count_as_faults(
    scripted: Any, circumstances: Any, opening: OpenService, serve: Any
) -> None:
    """An upstream that is down says nothing about the plugin."""

    def close(server: Any, connection: socket.socket) -> None:
        server.read_request(connection)

    def fetch(_request: object, context: Context) -> Done:
        context.http.get("/open")
        return Done()

    server = serve(close)
    extensions, module, _ = scripted(fetch)
    for _ in range(CONSECUTIVE_FAULTS_MAX + 1):
        with (
            circumstances(f"http://127.0.0.1:{server.port}") as context,
            pytest.raises(OutcomeUnknownError),
        ):
            extensions.call_driver(module.open_service, opening, context)

    assert extensions.plugin("scripted").status is PluginStatus.ACTIVE


def test_a_strangers_notifications_can_not_set_a_gateway_aside(
    scripted: Any, circumstances: Any
) -> None:
    """Anybody can send garbage to the notification address; payments must go on."""
    extensions, _, gateway = scripted(lambda *_: "garbage")
    notification = Notification("POST", {}, {}, b"garbage")
    for _ in range(CONSECUTIVE_FAULTS_MAX + 1):
        with circumstances() as context, pytest.raises(DriverFaultError):
            extensions.call_driver(gateway.handle_notification, notification, context)

    assert extensions.plugin("scripted").status is PluginStatus.ACTIVE


def test_the_counter_reports_the_quarantine_once_to_racing_threads() -> None:
    """Workers share it: one alarm, and no fault lost."""
    counter, barrier = FaultCounter(threshold=8), Barrier(12)
    reports: list[bool] = []

    def count() -> None:
        barrier.wait()
        reports.append(counter.count("p", "text"))

    threads = [Thread(target=count) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(reports) == [False] * 11 + [True]
    assert counter.quarantine_text("p")
    assert not counter.quarantine_text("q")
