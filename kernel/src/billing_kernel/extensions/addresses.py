"""Which network addresses drivers may reach, and how a host name becomes one of them."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from queue import Empty, SimpleQueue
from threading import Thread

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ADDRESSES_TRIED_MAX = 4

_NAT64 = ip_network("64:ff9b::/96")


class PrivateNetworkError(OSError):
    """Every address of a host is in a network that drivers may not reach."""


@lru_cache(maxsize=32)
def networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    """Networks such as ``10.0.0.0/8`` or ``fd00::/8``; ValueError for what is none."""
    return tuple(ip_network(name) for name in names)


def may_reach(address: Address, allowed: Sequence[Network]) -> bool:
    """True for public addresses, and for others in one of the ``allowed`` networks.

    An IPv6 address that only wraps an IPv4 address counts as that one.
    """
    wrapped = _wrapped(address)
    if wrapped is not None:
        return may_reach(wrapped, allowed)
    return _is_public(address) or any(address in network for network in allowed)


def permitted(host: str, found: Sequence[Address], allowed: Sequence[Network]) -> list[Address]:
    """The addresses of ``host`` that a driver may try; raises PrivateNetworkError for none."""
    reachable = [address for address in found if may_reach(address, allowed)]
    if found and not reachable:
        raise PrivateNetworkError(
            f"{host} is in a private network that BILLING_ALLOWED_NETWORKS doesn't name"
        )
    return reachable[:ADDRESSES_TRIED_MAX]


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or getattr(address, "is_site_local", False)
    )


def _wrapped(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def resolve(host: str, port: int, timeout_s: float) -> tuple[Address, ...]:
    """The addresses of ``host``, in the system's order.

    Raises OSError if it has none, TimeoutError if that isn't known in time: the system's own
    resolver may take minutes and can't be told not to, so it runs aside.
    """
    with suppress(ValueError):
        return (ip_address(host),)
    answers: SimpleQueue[tuple[Address, ...] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(tuple(ip_address(entry[4][0]) for entry in found))
        except (OSError, ValueError) as error:
            answers.put(error)

    Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty:
        raise TimeoutError(f"{host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise OSError(f"{host} can't be resolved: {answer}") from answer
    return tuple(dict.fromkeys(answer))
