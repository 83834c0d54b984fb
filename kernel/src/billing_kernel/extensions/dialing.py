"""TCP connections for drivers that don't speak HTTP, within the same bounds as those that do."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from types import TracebackType
from typing import Self

from billing_hookspecs import UpstreamBusyError
from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.extensions.addresses import Address, Network, permitted, resolve
from billing_kernel.extensions.outbound import CONNECT_TIMEOUT_S, CallBounds, Resolve


class Dialer:
    """Connects to hosts of permitted networks; all of it ends with the call, or at its deadline."""

    def __init__(
        self, bounds: CallBounds, allowed: Sequence[Network], resolve: Resolve = resolve
    ) -> None:
        self._bounds = bounds
        self._allowed = allowed
        self._resolve = resolve
        self._open: list[tuple[socket.socket, Timer]] = []

    def __call__(self, host: str, port: int) -> socket.socket:
        """A connected socket; raises UpstreamBusyError where there is none in time."""
        forbid_inside_transaction("a connection to an upstream")
        try:
            found = self._resolve(host, port, self._seconds())
            failure: OSError = OSError(f"{host} has no address")
            for address in permitted(host, found, self._allowed):
                try:
                    return self._watched(self._connected(address, port))
                except OSError as error:
                    failure = error
            raise failure
        except OSError as error:
            raise UpstreamBusyError(f"{host}:{port} can't be reached: {error}") from None

    def _connected(self, address: Address, port: int) -> socket.socket:
        return socket.create_connection((str(address), port), self._seconds())

    def _watched(self, connection: socket.socket) -> socket.socket:
        """Shut down at the deadline: a time-out begins anew with each byte that drips in."""
        left = self._bounds.bounded(None, TimeoutError)
        connection.settimeout(left)
        self._bounds.has_sent = True
        # A twin, for whoever secures the connection takes its socket over.
        twin = connection.dup()
        timer = Timer(left, _shut, (twin,))
        timer.daemon = True
        timer.start()
        self._open.append((twin, timer))
        return connection

    def _seconds(self) -> float:
        return self._bounds.bounded(CONNECT_TIMEOUT_S, TimeoutError)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for twin, timer in self._open:
            timer.cancel()
            _shut(twin)
            twin.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
