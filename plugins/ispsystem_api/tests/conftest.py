"""A small panel of things, served for real, and clients for it."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from billing_ispsystem_api import PanelClient
from billing_ispsystem_api.simulator import (
    ADMINISTRATOR,
    Call,
    Panel,
    PanelServer,
    RefusalError,
    Reply,
    Text,
    function,
)

PASSWORD = "p:a ss&w+örd"


class ThingPanel(Panel):
    """Keeps named things: the smallest product that has a list, a form and changes."""

    manager = "thingmgr"

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, str] = {}
        self.add_user("reseller@example.com", PASSWORD)
        self.add_user("root", "root password", ADMINISTRATOR)

    def state(self) -> dict[str, object]:
        return {"things": self.things}

    @function("thing")
    def things_list(self, call: Call) -> Reply:
        if call.text("filter") != "off":
            return Reply(rows=())
        return Reply(
            rows=[
                {"id": key, "name": name, "status": Text.coded("2", "Active"), "comment": ""}
                for key, name in self.things.items()
            ]
        )

    @function("thing.edit")
    def edit(self, call: Call) -> Reply:
        key = call.text("elid")
        if key and key not in self.things:
            raise RefusalError("missed", "thing", key, f"thing {key} not found")
        if not call.executes:
            return Reply(fields={"elid": key, "name": self.things.get(key, ""), "comment": ""})
        name = call.required("name")
        if name in self.things.values():
            raise RefusalError("exists", "name", name, f"{name} already exists")
        if key:
            self.things[key] = name
            return Reply(done=True, nested={"elid": key, "name": name})
        key = str(len(self.things) + 1)
        self.things[key] = name
        return Reply(done=True, fields={"id": key, "item.id": key})

    @function("thing.forgetful")
    def says_neither_yes_nor_no(self, call: Call) -> Reply:
        return Reply(fields={"form": "again"})

    @function("thing.secretive", level=ADMINISTRATOR)
    def for_administrators(self, call: Call) -> Reply:
        return Reply(done=True)

    @function("thing.telltale")
    def repeats_credentials(self, call: Call) -> Reply:
        raise RefusalError("value", "authinfo", "", f"bad {call.text('authinfo')}")


@pytest.fixture
def panel() -> ThingPanel:
    return ThingPanel()


@pytest.fixture
def server(panel: ThingPanel) -> Iterator[PanelServer]:
    with PanelServer(panel) as running:
        yield running


@pytest.fixture
def http(server: PanelServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=5) as client:
        yield client


@pytest.fixture
def connect(http: httpx.Client) -> Callable[..., PanelClient]:
    """Makes a client of the panel; keywords override its usual settings."""

    def make(
        username: str = "reseller@example.com", password: str = PASSWORD, out: str = "xml"
    ) -> PanelClient:
        return PanelClient(http, username, password, manager="thingmgr", out=out)

    return make


@pytest.fixture
def client(connect: Callable[..., PanelClient]) -> PanelClient:
    return connect()
