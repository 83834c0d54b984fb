"""The conformance test that the author of the sample channel wrote."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from driver import Post
from post_office import TOKEN, PostOffice

from billing_hookspecs.testing import Delivered, RemoteChannelConformance


class TestSample(RemoteChannelConformance):
    @pytest.fixture
    def office(self) -> Iterator[PostOffice]:
        with PostOffice() as office:
            yield office

    @pytest.fixture
    def channel(self) -> Post:
        return Post()

    @pytest.fixture
    def settings(self, office: PostOffice) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": office.port, "token": TOKEN}

    @pytest.fixture
    def delivered(self, office: PostOffice) -> Callable[[], list[Delivered]]:
        return lambda: [Delivered(it["to"], it["text"], it["identity"]) for it in office.letters]

    @pytest.fixture
    def refused_recipient(self) -> str:
        return "nobody@client.test"

    @pytest.fixture
    def busy_recipient(self) -> str:
        return "full@client.test"

    @pytest.fixture
    def nowhere(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "port": 1}
