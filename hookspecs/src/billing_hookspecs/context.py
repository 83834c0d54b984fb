"""What every driver call is given beside its request."""

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx

from billing_hookspecs.errors import UpstreamBusyError

Dial: TypeAlias = Callable[[str, int], socket.socket]
"""Takes a host and a port; a connected TCP socket. Raises UpstreamBusyError."""


def no_dialing(host: str, port: int) -> socket.socket:
    """For contexts whose drivers speak HTTP alone."""
    raise UpstreamBusyError(f"this context can't dial {host}:{port}")


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
    ``dial``          connects to a host and port of the settings, for what isn't HTTP. It
                      reaches the same networks as ``http``; the socket's time-out is what is
                      left, and at the deadline it is shut down.
    """

    operation_id: str
    deadline: datetime
    settings: Mapping[str, Any] = field(repr=False)
    http: httpx.Client = field(repr=False)
    log: logging.Logger | logging.LoggerAdapter[Any] = field(repr=False)
    attempt: int = 1
    language: str = "en"
    dial: Dial = field(default=no_dialing, repr=False)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, (self.deadline - datetime.now(UTC)).total_seconds())
