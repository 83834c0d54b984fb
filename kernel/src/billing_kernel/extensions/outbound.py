"""The HTTP client that drivers are given: one host, one deadline, no private networks."""

import logging
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore
import httpx

from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.extensions.addresses import (
    Address,
    Network,
    PrivateNetworkError,
    permitted,
    resolve,
)

ANSWER_BYTES_MAX = 5_000_000
CONNECT_TIMEOUT_S = 10.0

# Both write whole addresses to their logs, and some upstreams are logged in to by address.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

Resolve = Callable[[str, int, float], Sequence[Address]]


class DestinationRefusedError(httpx.ConnectError):
    """The request was not sent: a driver may not reach that host or that network."""


class AnswerTooLargeError(httpx.RemoteProtocolError):
    """The upstream's answer is longer than the limit; it was not read to its end."""


class CallBounds:
    """The bounds of one driver call, and whether anything has left the process in it."""

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = time.monotonic() + timeout_s
        self.has_sent = False

    @property
    def seconds_left(self) -> float:
        return self._ends_at - time.monotonic()

    def bounded(self, timeout_s: float | None, expired: type[Exception]) -> float:
        """The smaller of a time-out and what is left; raises ``expired`` if nothing is."""
        left = self.seconds_left
        if left <= 0:
            raise expired("the call's deadline has passed")
        return left if timeout_s is None else min(timeout_s, left)


class BoundedStream(httpcore.NetworkStream):
    """A connection whose every read and write ends by the call's deadline.

    httpx's time-outs begin anew with each piece, so an upstream that drips could hold a worker
    for as long as it likes.
    """

    def __init__(self, stream: httpcore.NetworkStream, bounds: CallBounds) -> None:
        self._stream = stream
        self._bounds = bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._bounds.bounded(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._bounds.has_sent = self._bounds.has_sent or bool(buffer)
        connection: Any = self._stream.get_extra_info("socket")
        try:
            while buffer:
                connection.settimeout(self._bounds.bounded(timeout, httpcore.WriteTimeout))
                buffer = buffer[connection.send(buffer) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout_s = self._bounds.bounded(timeout, httpcore.ConnectTimeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout_s)
        return BoundedStream(secured, self._bounds)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to the same ones for the whole call.

    A name that is resolved for the check and again for the connection can lead elsewhere the
    second time. TLS and the Host header still go by the name.
    """

    def __init__(self, bounds: CallBounds, allowed: Sequence[Network], resolve: Resolve) -> None:
        self._bounds = bounds
        self._allowed = allowed
        self._resolve = resolve
        self._system = httpcore.SyncBackend()
        self._pinned: dict[str, tuple[Address, ...]] = {}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked(host, port, timeout):
            timeout_s = self._bounds.bounded(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._system.connect_tcp(
                    str(address), port, timeout_s, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return BoundedStream(stream, self._bounds)
        raise failure

    def _checked(self, host: str, port: int, timeout: float | None) -> tuple[Address, ...]:
        if host not in self._pinned:
            timeout_s = self._bounds.bounded(timeout, httpcore.ConnectTimeout)
            try:
                found = self._resolve(host, port, timeout_s)
            except TimeoutError as error:
                raise httpcore.ConnectTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.ConnectError(str(error)) from error
            try:
                self._pinned[host] = tuple(permitted(host, found, self._allowed))
            except PrivateNetworkError as error:
                raise DestinationRefusedError(str(error)) from None
        return self._pinned[host]


class BoundedBody(httpx.SyncByteStream):
    """An answer's body, up to the limit."""

    def __init__(self, stream: Any, bytes_max: int) -> None:
        self._stream = stream
        self._bytes_max = bytes_max

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        with httpx_errors():
            for part in self._stream:
                received += len(part)
                if received > self._bytes_max:
                    raise AnswerTooLargeError(f"the answer is longer than {self._bytes_max} bytes")
                yield part

    def close(self) -> None:
        self._stream.close()


class OutboundTransport(httpx.BaseTransport):
    """Sends requests to the origin of ``base_url`` and nowhere else."""

    def __init__(
        self,
        base_url: str,
        bounds: CallBounds,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._base = httpx.URL(base_url)
        self._bounds = bounds
        self._answer_bytes_max = answer_bytes_max
        # No connection is kept: one that the upstream has just closed would make the outcome of
        # the next request unknown.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or verifying_tls(),
            max_connections=4,
            max_keepalive_connections=0,
            network_backend=PinnedBackend(bounds, allowed, resolve),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        forbid_inside_transaction("a request to an upstream")
        if _origin(request.url) != _origin(self._base) or not self._base.host:
            raise DestinationRefusedError(
                f"only {_origin_text(self._base)} may be called, not {_origin_text(request.url)}"
            )
        timeouts = {
            step: self._bounds.bounded(
                request.extensions.get("timeout", {}).get(step), httpx.ConnectTimeout
            )
            for step in ("connect", "read", "write", "pool")
        }
        with httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={"timeout": timeouts},
                )
            )
        answer = httpx.Response(
            response.status,
            headers=response.headers,
            stream=BoundedBody(response.stream, self._answer_bytes_max),
            extensions=response.extensions,
        )
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            # A few compressed bytes can unpack into gigabytes after the limit was checked.
            answer.close()
            raise httpx.RemoteProtocolError("the answer is compressed; that was not asked for")
        return answer

    def close(self) -> None:
        self._pool.close()


class BoundClient(httpx.Client):
    """An ``httpx.Client`` for one driver call."""

    def __init__(self, base_url: str, bounds: CallBounds, transport: httpx.BaseTransport) -> None:
        super().__init__(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            headers={"accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )
        self._bounds = bounds

    @property
    def has_sent(self) -> bool:
        """Whether any part of any request has left the process."""
        return self._bounds.has_sent


@cache
def verifying_tls() -> ssl.SSLContext:
    """TLS that trusts the usual authorities; loading them takes a while, so once."""
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def httpx_errors() -> Iterator[None]:
    """Raise httpx's error where httpcore raises its namesake."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def _origin_text(url: httpx.URL) -> str:
    if not url.host:
        return "no host"
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"
