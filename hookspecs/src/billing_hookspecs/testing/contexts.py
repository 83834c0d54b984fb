"""Contexts for tests, made the way the kernel makes them."""

import logging
import socket
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from billing_hookspecs.context import Context
from billing_hookspecs.errors import UpstreamBusyError
from billing_hookspecs.values import Secret

MASK = "***"
READ_TIMEOUT_S = 20.0
"""Long enough for a busy machine: only a fault should end a call of a test."""


class BoundTransport(httpx.HTTPTransport):
    """Reaches one host only and keeps no connection open after the answer."""

    def __init__(self, host: str, verify: bool) -> None:
        super().__init__(verify=verify, limits=httpx.Limits(max_keepalive_connections=0))
        self._host = host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            raise AssertionError(
                f"the driver asked {request.url.host!r}, but its connection is with {self._host!r}"
            )
        return super().handle_request(request)


class SecretMask(logging.Filter):
    """Replaces secrets in a record's message and traceback."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        # The longest first: one secret may be a part of another.
        self._secrets = sorted({str(secret) for secret in secrets if secret}, key=len, reverse=True)

    def mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.mask(record.getMessage()), None
        if record.exc_info and record.exc_info[1]:
            record.exc_text = self.mask("".join(traceback.format_exception(record.exc_info[1])))
            record.exc_info = None
        return True


def make_context(
    settings: Mapping[str, Any],
    base_url: str = "",
    *,
    operation_id: str = "operation-1",
    attempt: int = 1,
    deadline: datetime | None = None,
    read_timeout_s: float = READ_TIMEOUT_S,
    verify: bool = False,
    language: str = "en",
) -> Context:
    """A context whose HTTP client is bound to ``base_url`` and whose logger masks secrets.

    ``settings``  as ``check_fields`` returns them: secrets are ``Secret`` strings.
    ``base_url``  "" takes it from the setting ``url`` or ``api_base``; without any, the first
                  request fails.
    ``deadline``  aware UTC instant; a minute from now if it isn't given.
    ``verify``    whether TLS certificates are checked; simulators rarely have good ones.
    """
    address = (
        base_url or settings.get("url") or settings.get("api_base") or "http://nowhere.invalid"
    )
    log = logging.Logger("billing.driver", logging.DEBUG)
    log.parent = logging.getLogger()
    log.addFilter(SecretMask(value for value in settings.values() if isinstance(value, Secret)))
    http = httpx.Client(
        base_url=address,
        transport=BoundTransport(httpx.URL(address).host, verify),
        timeout=httpx.Timeout(read_timeout_s, connect=5.0),
        follow_redirects=False,
        trust_env=False,
    )
    return Context(
        operation_id=operation_id,
        deadline=deadline or datetime.now(UTC) + timedelta(minutes=1),
        settings=settings,
        http=http,
        log=log,
        attempt=attempt,
        language=language,
        dial=partial(_dialed, read_timeout_s),
    )


def _dialed(timeout_s: float, host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout_s)
    except OSError as error:
        raise UpstreamBusyError(f"{host}:{port} can't be reached: {error}") from None
