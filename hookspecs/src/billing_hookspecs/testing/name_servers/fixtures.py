"""Stands a name server against its upstream, with a fault proxy between them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from billing_hookspecs.context import Context
from billing_hookspecs.errors import OutcomeUnknownError
from billing_hookspecs.fields import FieldKind
from billing_hookspecs.name_servers import (
    DomainFound,
    DomainPointed,
    DomainRemoved,
    FindDomain,
    NameServer,
    PointDomain,
    RemoveDomain,
)
from billing_hookspecs.processing import NotFound
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S, make_context
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import FaultProxy, Snapshot
from billing_hookspecs.testing.suite import ConformanceSuite

REFERENCE = "sample-1"


@dataclass(frozen=True, slots=True)
class NameServerRehearsal:
    """One name server on one connection; ``domains`` never gives the same one twice."""

    name_server: NameServer
    settings: Mapping[str, Any]
    domains: Iterator[str]
    seen: Callable[[], Snapshot]

    def context(self, timeout_s: float = READ_TIMEOUT_S) -> Context:
        return make_context(self.settings, operation_id=REFERENCE, read_timeout_s=timeout_s)

    def with_settings(self, settings: Mapping[str, Any]) -> "NameServerRehearsal":
        return replace(self, settings=settings)

    def point(
        self,
        domain: str,
        address: str,
        previous: tuple[str, ...] = (),
        timeout_s: float = READ_TIMEOUT_S,
    ) -> DomainPointed:
        request = PointDomain(REFERENCE, domain, address, previous)
        return self.name_server.point_domain(request, self.context(timeout_s))

    def remove(
        self, domain: str, *addresses: str, timeout_s: float = READ_TIMEOUT_S
    ) -> DomainRemoved:
        request = RemoveDomain(REFERENCE, domain, addresses)
        return self.name_server.remove_domain(request, self.context(timeout_s))

    def find(self, domain: str, timeout_s: float = READ_TIMEOUT_S) -> DomainFound | NotFound:
        return self.name_server.find_domain(FindDomain(REFERENCE, domain), self.context(timeout_s))

    def addresses(self, domain: str) -> set[str]:
        found = self.find(domain)
        return set(found.addresses) if isinstance(found, DomainFound) else set()

    def recover(self, domain: str, heard: object, repeat: Callable[[], object]) -> None:
        """What the kernel does after ``heard``, on an upstream that works again."""
        if isinstance(heard, OutcomeUnknownError):
            self.find(domain)
        repeat()


class RehearsedNameServer(ConformanceSuite):
    """The fixtures of the suite for name servers."""

    @pytest.fixture
    def name_server(self) -> NameServer:
        raise NotImplementedError("write the fixture name_server: an instance of the driver")

    @pytest.fixture
    def upstream(self) -> Any:
        raise NotImplementedError("write the fixture upstream: a simulator, running")

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture settings: the connection's, as entered")

    @pytest.fixture
    def zone(self) -> str:
        raise NotImplementedError("write the fixture zone: a zone of the account, such as a.test")

    @pytest.fixture
    def upstream_records(self, upstream: Any) -> Callable[[], Snapshot]:
        """Reads the zone's records there, comparable with ``==``."""
        reader: Callable[[], Snapshot] = upstream.records
        return reader

    @pytest.fixture
    def wrong_settings(
        self, name_server: NameServer, settings: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        secret = {it.name for it in name_server.settings if it.kind is FieldKind.SECRET}
        return {**settings, **dict.fromkeys(secret & settings.keys(), "wrong-canary-5e1f")}

    @pytest.fixture
    def proxy(
        self, settings: Mapping[str, Any], upstream_records: Callable[[], Snapshot]
    ) -> Iterator[FaultProxy]:
        with FaultProxy(settings["url"], observe=upstream_records) as proxy:
            yield proxy

    @pytest.fixture
    def rehearsal(
        self,
        name_server: NameServer,
        settings: Mapping[str, Any],
        zone: str,
        proxy: FaultProxy,
        upstream_records: Callable[[], Snapshot],
    ) -> NameServerRehearsal:
        connection = checked_settings(name_server.settings, {**settings, "url": proxy.url})
        domains = (f"sample{number}.{zone}" for number in count(1))
        return NameServerRehearsal(name_server, connection, domains, upstream_records)
