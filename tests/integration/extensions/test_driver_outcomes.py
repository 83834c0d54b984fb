"""Driver calls end in an outcome that the contract names, whatever the driver does."""

import socket
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from billing_hookspecs import (
    BillingError,
    CapabilityMissingError,
    Context,
    Done,
    Money,
    NotFound,
    Notification,
    NotificationRejectedError,
    OpenService,
    OutcomeUnknownError,
    PaymentFact,
    PaymentState,
    Pending,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.boundaries import unit_of_work
from billing_kernel.extensions import DriverFaultError, open_context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def raises(error: BaseException) -> Callable[..., Any]:
    def script(_request: object, _context: object) -> Any:
        raise error

    return script


@pytest.mark.parametrize(
    "answer", [Done("42", {"ip": "192.0.2.1"}, date(2026, 2, 28)), Pending(60, "42")]
)
def test_an_answer_of_the_contract_is_returned_as_it_is(
    scripted: Any, circumstances: Any, opening: OpenService, answer: Any
) -> None:
    """Nothing between driver and kernel changes facts."""
    extensions, module, _ = scripted(lambda *_: answer)

    with circumstances() as context:
        assert extensions.call_driver(module.open_service, opening, context) is answer


@pytest.mark.parametrize(
    "error",
    [
        UpstreamRefusedError("insufficient_rights"),
        UpstreamBusyError("maintenance", 30),
        UpstreamFundsError(),
        OutcomeUnknownError("no answer"),
        CapabilityMissingError("can't"),
        NotificationRejectedError("bad signature"),
    ],
)
def test_an_error_of_the_contract_is_passed_on(
    scripted: Any, circumstances: Any, opening: OpenService, error: BillingError
) -> None:
    """Its class decides whether money is returned, held or looked up."""
    extensions, module, _ = scripted(raises(error))

    with circumstances() as context, pytest.raises(type(error)) as raised:
        extensions.call_driver(module.open_service, opening, context)

    assert raised.value is error


@pytest.mark.parametrize(
    "script",
    [
        raises(KeyError("facts")),
        raises(AssertionError()),
        raises(SystemExit(1)),
        raises(BillingError("of no known kind")),
        lambda *_: None,
        lambda *_: NotFound(),
        lambda *_: "done",
        lambda *_: Done(42),
        lambda *_: Done("42", expires_on=datetime(2026, 2, 28, tzinfo=UTC)),
        lambda *_: Pending("soon"),
    ],
)
def test_anything_else_is_a_plugin_fault_with_an_unknown_outcome(
    scripted: Any, circumstances: Any, opening: OpenService, script: Callable[..., Any]
) -> None:
    """A crash after the upstream did its work looks the same as one before it."""
    extensions, module, _ = scripted(script)

    with circumstances() as context, pytest.raises(OutcomeUnknownError) as raised:
        extensions.call_driver(module.open_service, opening, context)

    assert isinstance(raised.value, DriverFaultError)
    assert raised.value.message.startswith("plugin fault of 'scripted' in ScriptedModule.open_")


def test_an_interrupt_of_the_process_is_not_swallowed(
    scripted: Any, circumstances: Any, opening: OpenService
) -> None:
    """Ctrl-C must still end the process."""
    extensions, module, _ = scripted(raises(KeyboardInterrupt()))

    with circumstances() as context, pytest.raises(KeyboardInterrupt):
        extensions.call_driver(module.open_service, opening, context)


def test_facts_about_money_are_checked_to_the_last_field(scripted: Any, circumstances: Any) -> None:
    """A state of a gateway's own making would be booked otherwise."""
    zero = Money(0, "EUR")
    good = PaymentFact("ext-1", PaymentState.CAPTURED, Money(100, "EUR"), zero)
    bad = PaymentFact("ext-1", "captured", Money(100, "EUR"), zero)  # type: ignore[arg-type]
    answers = [(good,), (good, bad)]
    extensions, _, gateway = scripted(lambda *_: answers.pop(0))
    notification = Notification("POST", {}, {}, b"{}")

    with circumstances() as context:
        facts = extensions.call_driver(gateway.handle_notification, notification, context)
        with pytest.raises(DriverFaultError) as raised:
            extensions.call_driver(gateway.handle_notification, notification, context)

    assert facts == (good,)
    assert raised.value.detail == "the answer[1].state is str, not PaymentState"


def fetch(_request: object, context: Context) -> Done:
    context.http.get("/open").raise_for_status()
    return Done()


def close(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)


def stay_silent(server: Any, connection: socket.socket) -> None:
    server.read_request(connection)
    connection.recv(1)


def test_a_refused_connection_means_that_nothing_was_sent(
    scripted: Any, circumstances: Any, opening: OpenService, free_port: int
) -> None:
    """Then the same call may safely be made again."""
    extensions, module, _ = scripted(fetch)

    with (
        circumstances(f"http://127.0.0.1:{free_port}") as context,
        pytest.raises(UpstreamBusyError),
    ):
        extensions.call_driver(module.open_service, opening, context)


def test_a_refused_address_means_that_nothing_was_sent(
    scripted: Any, circumstances: Any, opening: OpenService
) -> None:
    """An administrator corrects the setting, and the operation goes on."""
    extensions, module, _ = scripted(fetch)

    with circumstances("http://10.255.0.1") as context, pytest.raises(UpstreamBusyError):
        extensions.call_driver(module.open_service, opening, context)


@pytest.mark.parametrize(
    "answer",
    [
        close,
        stay_silent,
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut off",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["closed", "silent", "server error", "truncated", "not HTTP"],
)
def test_a_lost_or_unreadable_answer_is_an_unknown_outcome(
    scripted: Any, circumstances: Any, opening: OpenService, serve: Any, answer: Any
) -> None:
    """The upstream may have done it: only a look-up can tell. It isn't the plugin's fault."""
    server = serve(answer)
    extensions, module, _ = scripted(fetch)

    with (
        circumstances(f"http://127.0.0.1:{server.port}", timeout_s=0.5) as context,
        pytest.raises(OutcomeUnknownError) as raised,
    ):
        extensions.call_driver(module.open_service, opening, context)

    assert not isinstance(raised.value, DriverFaultError)
    assert server.connections == 1


def test_a_refused_connection_proves_nothing_of_an_earlier_request(
    scripted: Any, circumstances: Any, opening: OpenService, serve: Any
) -> None:
    """The first request may have bought already: resending the call would buy twice."""

    def buy_then_ask(_request: object, context: Context) -> Done:
        context.http.post("/buy")
        server.close()
        context.http.get("/licence")
        return Done()

    server = serve(OK)
    extensions, module, _ = scripted(buy_then_ask)

    with (
        circumstances(f"http://127.0.0.1:{server.port}") as context,
        pytest.raises(OutcomeUnknownError, match="ConnectError"),
    ):
        extensions.call_driver(module.open_service, opening, context)


def test_a_driver_is_not_called_inside_a_transaction(
    scripted: Any, circumstances: Any, opening: OpenService
) -> None:
    """It would hold locks for as long as an upstream likes, and survive a rollback."""
    extensions, module, _ = scripted(lambda *_: Done())

    with (
        circumstances() as context,
        unit_of_work(),
        pytest.raises(RuntimeError, match="transaction"),
    ):
        extensions.call_driver(module.open_service, opening, context)
    with unit_of_work(), pytest.raises(RuntimeError, match="transaction"), circumstances():
        pass

    assert module.calls == 0


def test_a_context_carries_what_the_contract_says() -> None:
    """Drivers are written against it."""
    before = datetime.now(UTC)
    with open_context(
        settings={"url": "https://panel.example"},
        secrets={"password": "correct horse"},
        base_url="https://panel.example",
        operation_id="op-1",
        attempt=2,
        timeout_s=30,
        language="ru",
    ) as context:
        assert (context.operation_id, context.attempt, context.language) == ("op-1", 2, "ru")
        assert context.settings["password"] == "correct horse"
        assert "horse" not in repr(context.settings)
        assert before + timedelta(seconds=30) <= context.deadline
        assert context.http.base_url.host == "panel.example"
        with pytest.raises(TypeError):
            context.settings["url"] = "https://other.example"  # type: ignore[index]

    assert context.http.is_closed
