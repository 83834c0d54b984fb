"""The table of outcomes, event by event: the difference between a retry and a double order."""

import httpx
import pytest

from billing_hookspecs import OutcomeUnknownError, UpstreamBusyError
from billing_ispsystem_api import errors
from billing_ispsystem_api.document import DocumentError

NOT_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
MAYBE_SENT = [
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.ReadTimeout,
    httpx.ReadError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.DecodingError,
]


@pytest.mark.parametrize("kind", NOT_SENT)
def test_what_never_left_is_busy(kind: type[httpx.TransportError]) -> None:
    """No connection, no request: it may be sent again."""
    outcome = errors.from_transport(kind("https://u:secret@h"), effects=True)
    assert type(outcome) is UpstreamBusyError
    assert "secret" not in str(outcome)


@pytest.mark.parametrize("kind", MAYBE_SENT)
def test_what_may_have_left_is_unknown(kind: type[httpx.RequestError]) -> None:
    """From the first byte on nobody can tell; reading is harmless all the same."""
    assert type(errors.from_transport(kind("x"), effects=True)) is OutcomeUnknownError
    assert type(errors.from_transport(kind("x"), effects=False)) is UpstreamBusyError


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome"),
    [
        (500, "", OutcomeUnknownError),
        (502, "", OutcomeUnknownError),
        (503, "", OutcomeUnknownError),
        (503, "5", UpstreamBusyError),
        (504, "5", OutcomeUnknownError),
        (408, "", OutcomeUnknownError),
        (429, "", UpstreamBusyError),
        (301, "", errors.PanelSetupError),
        (401, "", errors.PanelSetupError),
        (403, "", errors.PanelSetupError),
        (404, "", errors.PanelSetupError),
    ],
)
def test_statuses_of_front_servers(status: int, retry_after: str, outcome: type) -> None:
    """The panel itself only ever answers 200."""
    assert type(errors.from_status(status, retry_after, effects=True)) is outcome


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5),
        ("0", 1),
        ("99999999999", 3600),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
        ("-5", 60),
        ("٣", 60),
        ("", 60),
    ],
)
def test_a_strange_retry_after_is_bounded(header: str, seconds: int) -> None:
    """A hostile header must not put an order off for a year."""
    outcome = errors.from_status(429, header, effects=True)
    assert isinstance(outcome, UpstreamBusyError)
    assert outcome.retry_after_s == seconds


def test_an_unreadable_answer_is_a_doubt() -> None:
    outcome = errors.from_document(DocumentError("html"), effects=True)
    assert type(outcome) is OutcomeUnknownError
    assert "html" in str(outcome)


def test_an_unusable_address_is_a_fault_of_the_connection() -> None:
    for error in (httpx.UnsupportedProtocol("ftp"), httpx.InvalidURL("x")):
        assert isinstance(errors.from_transport(error, effects=True), errors.PanelSetupError)
