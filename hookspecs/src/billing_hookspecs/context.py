"""What every driver call is given beside its request."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one call.

    ``operation_id``  stable over all attempts at one instruction; "" where there is none.
    ``attempt``       1 for the first call with this operation id.
    ``deadline``      aware UTC instant; the HTTP client gives up before it by itself.
    ``settings``      the connection's settings, as the driver declared them; secrets are
                      ``Secret`` strings.
    ``http``          an ``httpx.Client`` bound to the connection's base address, time-outs,
                      TLS rule and size limit. It doesn't follow redirects and reaches only
                      the configured host.
    ``log``           a logger that masks the connection's secrets.
    """

    operation_id: str
    deadline: datetime
    settings: Mapping[str, Any] = field(repr=False)
    http: httpx.Client = field(repr=False)
    log: logging.Logger | logging.LoggerAdapter[Any] = field(repr=False)
    attempt: int = 1
    language: str = "en"

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, (self.deadline - datetime.now(UTC)).total_seconds())
