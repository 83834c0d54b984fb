"""Secrets of a driver call stay out of errors and logs."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from billing_hookspecs import (
    Context,
    Notification,
    OpenService,
    Secret,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_kernel.extensions import DriverFaultError


def raises(error: BaseException) -> Callable[..., Any]:
    def script(_request: object, _context: object) -> Any:
        raise error

    return script


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (UpstreamRefusedError("denied", "wrong password: correct horse"), UpstreamRefusedError),
        (ValueError("https://x/?password=correct+horse&token=s3cr3t"), DriverFaultError),
    ],
)
def test_secrets_stay_out_of_error_texts(
    scripted: Any,
    circumstances: Any,
    opening: OpenService,
    error: Exception,
    outcome: type[UpstreamError],
) -> None:
    """Error texts are stored with operations and shown to people."""
    extensions, module, _ = scripted(raises(error))

    with circumstances(token=Secret("s3cr3t")) as context, pytest.raises(outcome) as raised:
        extensions.call_driver(module.open_service, opening, context)

    texts = f"{raised.value} {raised.value.message} {vars(raised.value)}"
    assert "***" in texts
    assert "horse" not in texts
    assert "s3cr3t" not in texts


def test_a_fault_is_logged_with_its_traceback_but_no_secret(
    scripted: Any, circumstances: Any, opening: OpenService, caplog: pytest.LogCaptureFixture
) -> None:
    """Its author needs the line that failed; nobody needs the password."""
    extensions, module, _ = scripted(raises(ValueError("correct horse")))

    with circumstances() as context, pytest.raises(DriverFaultError):
        extensions.call_driver(module.open_service, opening, context)

    assert "Traceback" in caplog.text
    assert "ValueError: ***" in caplog.text
    assert "horse" not in caplog.text


def test_a_secret_of_the_request_is_masked_in_the_drivers_own_log(
    scripted: Any, circumstances: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Stored cards and new passwords come with the request, not with the settings."""

    def script(request: Notification, context: Context) -> tuple[()]:
        context.log.warning("got %s", request.headers["authorization"])
        return ()

    extensions, _, gateway = scripted(script)
    notification = Notification("POST", {"authorization": Secret("tok_live")}, {}, b"")

    with caplog.at_level(logging.WARNING), circumstances() as context:
        extensions.call_driver(gateway.handle_notification, notification, context)

    assert "got ***" in caplog.text
