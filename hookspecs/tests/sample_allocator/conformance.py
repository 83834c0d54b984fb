"""The conformance test that the author of the sample allocator wrote."""

from collections.abc import Iterator

import pytest
from driver import PatientAllocator, PoolAllocator
from pool import TOKEN, Pool

from billing_hookspecs.testing import IpAllocatorConformance


class TestSample(IpAllocatorConformance):
    @pytest.fixture
    def upstream(self) -> Iterator[Pool]:
        with Pool() as pool:
            yield pool

    @pytest.fixture
    def allocator(self) -> PoolAllocator:
        return PoolAllocator()

    @pytest.fixture
    def settings(self, upstream: Pool) -> dict[str, str]:
        return {"url": upstream.url, "token": TOKEN}


class TestPatient(TestSample):
    """The same pool, and a driver that copes with a little by itself."""

    @pytest.fixture
    def allocator(self) -> PatientAllocator:
        return PatientAllocator()
