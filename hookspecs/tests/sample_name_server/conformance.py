"""The conformance test that the author of the sample name server wrote."""

from collections.abc import Iterator

import pytest
from driver import ZoneServer
from zone import TOKEN, ZONE, Zone

from billing_hookspecs.testing import NameServerConformance


class TestSample(NameServerConformance):
    @pytest.fixture
    def upstream(self) -> Iterator[Zone]:
        with Zone() as zone:
            yield zone

    @pytest.fixture
    def name_server(self) -> ZoneServer:
        return ZoneServer()

    @pytest.fixture
    def zone(self) -> str:
        return ZONE

    @pytest.fixture
    def settings(self, upstream: Zone) -> dict[str, str]:
        return {"url": upstream.url, "token": TOKEN}
