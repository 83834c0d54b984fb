"""What the ways in which a call can go wrong mean for billing. Pure.

Of a call without effects nothing can have been done, so every doubt is "busy". Of a call
with effects, everything after the request may have left is "unknown".
"""

from typing import Final

import httpx

from billing_hookspecs import (
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_ispsystem_api.document import DocumentError, Refusal

REASONS: Final = {
    "access": "forbidden",
    "exists": "exists",
    "limit": "limit",
    "missed": "missing",
    "value": "invalid",
}
"""Documented error types and our words for them; any other type is a plain ``refused``."""

AUTHENTICATION: Final = frozenset({"auth", "authtype"})
INTERNAL: Final = frozenset({"client", "process", "query", "xml", "xpath"})
"""Types that the panel raises about itself, perhaps half way through the work."""

RETRY_AFTER_MAX_S: Final = 3600
SETUP_RETRY_S: Final = 900


class PanelRefusedError(UpstreamRefusedError):
    """The panel answered no; ``refusal`` is what it said."""

    def __init__(self, refusal: Refusal) -> None:
        reason = REASONS.get(refusal.type, "refused")
        super().__init__(reason, refusal.message or f"the panel refused: {refusal.type or reason}")
        self.refusal = refusal


class PanelSetupError(UpstreamBusyError):
    """The connection itself is wrong: ``reason`` is ``credentials`` or ``address``.

    The instruction is sound and nothing was done, so it waits until somebody has put the
    connection right. Where a connection is being checked, raise ``as_refusal()`` instead.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, SETUP_RETRY_S)
        self.reason = reason

    def as_refusal(self) -> UpstreamRefusedError:
        return UpstreamRefusedError(self.reason, self.message)


def _doubtful(message: str, effects: bool) -> UpstreamError:
    if effects:
        return OutcomeUnknownError(f"{message}; it may have been done")
    return UpstreamBusyError(message)


def from_transport(error: httpx.HTTPError | httpx.InvalidURL, *, effects: bool) -> UpstreamError:
    """The meaning of an exception of the HTTP client. Its text stays out: it may quote URLs."""
    name = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return UpstreamBusyError(f"the panel can't be reached ({name})")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return PanelSetupError("address", "the address of the panel is not usable")
    return _doubtful(f"the panel's answer was lost ({name})", effects)


def from_status(status: int, retry_after: str, *, effects: bool) -> UpstreamError:
    """The meaning of an HTTP status that isn't 200.

    A panel answers 200 to everything, so another status comes from a server in front of it.
    Below 500 that server didn't pass the request on; 503 with Retry-After says the same.
    """
    if status == 429 or (status == 503 and retry_after):
        return UpstreamBusyError(
            f"the panel is busy (HTTP {status})", retry_after_s=_seconds(retry_after)
        )
    if status == 408 or status >= 500:
        return _doubtful(f"the server in front of the panel failed (HTTP {status})", effects)
    if status == 401:
        return PanelSetupError("credentials", "the server wants other credentials (HTTP 401)")
    return PanelSetupError("address", f"there is no panel at this address (HTTP {status})")


def from_document(error: DocumentError, *, effects: bool) -> UpstreamError:
    """The meaning of an answer that can't be read."""
    return _doubtful(f"the answer is not a document of the panel ({error.problem})", effects)


def from_refusal(refusal: Refusal, *, effects: bool) -> UpstreamError:
    """The meaning of an error document."""
    if refusal.type in AUTHENTICATION:
        return PanelSetupError(
            "credentials", refusal.message or "the panel refuses the credentials of the connection"
        )
    if refusal.type in INTERNAL:
        return _doubtful(f"the panel failed inside ({refusal.type}): {refusal.message}", effects)
    return PanelRefusedError(refusal)


def _seconds(retry_after: str) -> int:
    if not (retry_after.isascii() and retry_after.isdigit()):
        return 60
    return min(max(int(retry_after[:6]), 1), RETRY_AFTER_MAX_S)
