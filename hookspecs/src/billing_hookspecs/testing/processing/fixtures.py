"""Stands a processing module against its upstream, with a fault proxy between them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from billing_hookspecs.fields import FieldKind
from billing_hookspecs.processing import ProcessingModule, ServiceView
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import FaultProxy, Snapshot
from billing_hookspecs.testing.processing.declarations import ModuleDeclarations
from billing_hookspecs.testing.processing.drill import FaultDrill
from billing_hookspecs.testing.processing.operations import Instructions
from billing_hookspecs.testing.processing.rehearsal import Rehearsal


class RehearsedConformance(ModuleDeclarations):
    """The fixtures that stand a driver against an upstream through a fault proxy."""

    @pytest.fixture
    def upstream(self) -> Any:
        raise NotImplementedError("write the fixture upstream: a simulator, running")

    @pytest.fixture
    def upstream_services(self, upstream: Any) -> Callable[[], Snapshot]:
        """Reads what was bought: upstream id → state, comparable with ``==``."""
        reader: Callable[[], Snapshot] = upstream.services
        return reader

    @pytest.fixture
    def changed(self) -> Callable[[ServiceView], ServiceView]:
        """A service → the same service after a change; needed where CHANGE is declared."""
        return lambda service: service

    @pytest.fixture
    def let_time_pass(self) -> Callable[[], None]:
        """Makes the upstream finish what it works on; needed where it works by and by."""
        return lambda: None

    @pytest.fixture
    def services(self, new_service: Callable[[int], ServiceView]) -> Iterator[ServiceView]:
        return map(new_service, count(1))

    @pytest.fixture
    def proxy(
        self, settings: Mapping[str, Any], upstream_services: Callable[[], Snapshot]
    ) -> Iterator[FaultProxy]:
        with FaultProxy(settings["url"], observe=upstream_services) as proxy:
            yield proxy

    @pytest.fixture
    def rehearsal(
        self,
        module: ProcessingModule,
        settings: Mapping[str, Any],
        proxy: FaultProxy,
        changed: Callable[[ServiceView], ServiceView],
        let_time_pass: Callable[[], None],
    ) -> Rehearsal:
        connection = checked_settings(module.settings, {**settings, "url": proxy.url})
        return Rehearsal(module, connection, Instructions(changed), let_time_pass)

    @pytest.fixture
    def drill(
        self,
        rehearsal: Rehearsal,
        proxy: FaultProxy,
        services: Iterator[ServiceView],
        upstream_services: Callable[[], Snapshot],
    ) -> FaultDrill:
        return FaultDrill(rehearsal, proxy, services, upstream_services)

    @pytest.fixture
    def refused_service(self, new_service: Callable[[int], ServiceView]) -> ServiceView:
        return replace(new_service(1), tariff_code="no-such-tariff")

    @pytest.fixture
    def wrong_settings(
        self, module: ProcessingModule, settings: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        secret = {it.name for it in module.settings if it.kind is FieldKind.SECRET}
        return {**settings, **dict.fromkeys(secret & settings.keys(), "wrong-canary-5e1f")}
