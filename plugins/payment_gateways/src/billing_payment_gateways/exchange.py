"""One request to a gateway that speaks JSON: an answer, or what its absence means.

Of a request without effects nothing can have been done, so every doubt is "busy". Of one with
effects, everything after it may have left is "unknown".
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from billing_hookspecs import (
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)

NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
RETRY_AFTER_S: Final = 60
RETRY_AFTER_MAX_S: Final = 3600
SETUP_RETRY_S: Final = 900


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said: an HTTP status below 500 and a JSON object."""

    status: int
    document: Mapping[str, Any] = field(repr=False)


def send(http: httpx.Client, method: str, path: str, *, effects: bool, **request: Any) -> Answer:
    """Send one request; keywords as of ``httpx.Client.request``.

    Raises: UpstreamBusyError    nothing was done: no connection, too many requests, or any
                                 doubt about a request without effects.
            OutcomeUnknownError  a lost or unreadable answer to a request with effects.
    """
    try:
        response = http.request(method, path, **request)
    except NOT_SENT as error:
        raise UpstreamBusyError(f"the gateway can't be reached ({_name(error)})") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise doubtful(f"the gateway's answer was lost ({_name(error)})", effects) from None
    if response.status_code == 429:
        raise UpstreamBusyError("too many requests (HTTP 429)", _pause_s(response))
    if response.status_code >= 500 or response.status_code == 408:
        raise doubtful(f"the gateway failed (HTTP {response.status_code})", effects)
    return Answer(response.status_code, _document(response, effects))


@contextmanager
def only_asking() -> Iterator[None]:
    """A question that is refused has changed nothing; somebody must mend the key first."""
    try:
        yield
    except UpstreamRefusedError as error:
        raise UpstreamBusyError(error.message, retry_after_s=SETUP_RETRY_S) from None


def doubtful(message: str, effects: bool) -> UpstreamError:
    """The error for a request of which nobody can say whether it was done."""
    if effects:
        return OutcomeUnknownError(f"{message}; it may have been done")
    return UpstreamBusyError(message)


def _document(response: httpx.Response, effects: bool) -> Mapping[str, Any]:
    try:
        document = response.json()
    except (ValueError, RecursionError):
        status = response.status_code
        raise doubtful(f"the answer is not JSON (HTTP {status})", effects) from None
    if not isinstance(document, dict):
        raise doubtful("the answer is not a JSON object", effects)
    return document


def _pause_s(response: httpx.Response) -> int:
    retry_after = response.headers.get("Retry-After", "").strip()
    if not (retry_after.isascii() and retry_after.isdigit()):
        return RETRY_AFTER_S
    return min(max(int(retry_after[:6]), 1), RETRY_AFTER_MAX_S)


def _name(error: Exception) -> str:
    """The error's class. Its text stays out, here and in tracebacks: it may quote headers."""
    return type(error).__name__
