"""Stands an IP allocator against its upstream, with a fault proxy between them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from billing_hookspecs.allocators import (
    AddressAllocated,
    AddressReleased,
    AllocateAddress,
    FindAddress,
    IpAllocator,
    IpFamily,
    ReleaseAddress,
)
from billing_hookspecs.context import Context
from billing_hookspecs.errors import OutcomeUnknownError, UpstreamBusyError
from billing_hookspecs.fields import FieldKind
from billing_hookspecs.processing import NotFound
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S, make_context
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import FaultProxy, Snapshot
from billing_hookspecs.testing.suite import ConformanceSuite


@dataclass(frozen=True, slots=True)
class AllocatorRehearsal:
    """One allocator on one connection; ``references`` never gives the same one twice."""

    allocator: IpAllocator
    settings: Mapping[str, Any]
    references: Iterator[str]
    seen: Callable[[], Snapshot]

    @property
    def families(self) -> list[IpFamily]:
        return sorted(self.allocator.families)

    def context(self, reference: str = "", timeout_s: float = READ_TIMEOUT_S) -> Context:
        return make_context(self.settings, operation_id=reference, read_timeout_s=timeout_s)

    def with_settings(self, settings: Mapping[str, Any]) -> "AllocatorRehearsal":
        return replace(self, settings=settings)

    def allocate(
        self, reference: str, family: IpFamily, timeout_s: float = READ_TIMEOUT_S
    ) -> AddressAllocated:
        request = AllocateAddress(reference, family, domain="server.example.com")
        return self.allocator.allocate_address(request, self.context(reference, timeout_s))

    def find(
        self, reference: str, family: IpFamily, timeout_s: float = READ_TIMEOUT_S
    ) -> AddressAllocated | NotFound:
        context = self.context(reference, timeout_s)
        return self.allocator.find_address(FindAddress(reference, family), context)

    def release(
        self,
        reference: str,
        family: IpFamily,
        address: str,
        timeout_s: float = READ_TIMEOUT_S,
    ) -> AddressReleased:
        request = ReleaseAddress(reference, family, address)
        return self.allocator.release_address(request, self.context(reference, timeout_s))

    def recover(self, reference: str, family: IpFamily, heard: object) -> AddressAllocated:
        """What the kernel does after ``heard``, on an upstream that works again."""
        match heard:
            case OutcomeUnknownError():
                known: object = self.find(reference, family)
            case UpstreamBusyError():
                known = NotFound()
            case _:
                known = heard
        if isinstance(known, NotFound):
            return self.allocate(reference, family)
        assert isinstance(known, AddressAllocated), f"{known!r} is no answer to a fault"
        return known


class RehearsedAllocator(ConformanceSuite):
    """The fixtures of the suite for IP allocators."""

    @pytest.fixture
    def allocator(self) -> IpAllocator:
        raise NotImplementedError("write the fixture allocator: an instance of the driver")

    @pytest.fixture
    def upstream(self) -> Any:
        raise NotImplementedError("write the fixture upstream: a simulator, running")

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture settings: the connection's, as entered")

    @pytest.fixture
    def upstream_addresses(self, upstream: Any) -> Callable[[], Snapshot]:
        """Reads what is held there: reference → address, or anything comparable with ``==``."""
        reader: Callable[[], Snapshot] = upstream.addresses
        return reader

    @pytest.fixture
    def wrong_settings(
        self, allocator: IpAllocator, settings: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        secret = {it.name for it in allocator.settings if it.kind is FieldKind.SECRET}
        return {**settings, **dict.fromkeys(secret & settings.keys(), "wrong-canary-5e1f")}

    @pytest.fixture
    def proxy(
        self, settings: Mapping[str, Any], upstream_addresses: Callable[[], Snapshot]
    ) -> Iterator[FaultProxy]:
        with FaultProxy(settings["url"], observe=upstream_addresses) as proxy:
            yield proxy

    @pytest.fixture
    def rehearsal(
        self,
        allocator: IpAllocator,
        settings: Mapping[str, Any],
        proxy: FaultProxy,
        upstream_addresses: Callable[[], Snapshot],
    ) -> AllocatorRehearsal:
        connection = checked_settings(allocator.settings, {**settings, "url": proxy.url})
        references = (f"sample-{number}-ip" for number in count(1))
        return AllocatorRehearsal(allocator, connection, references, upstream_addresses)
