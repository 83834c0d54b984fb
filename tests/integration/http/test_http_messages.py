"""Messages and channels over HTTP: everybody reads their own, and secrets stay here."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.factories import open_one

from billing_kernel.application.notifying import notify
from billing_kernel.models import Event

SMTP = {
    "name": "Mail",
    "driver": "smtp",
    "settings": {"host": "192.0.2.1", "username": "billing", "password": "canary-77b1"},
}


@pytest.fixture(params=["sqlite"])
def databases(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(f"{request.param}_databases")


def tell(kernel: Any) -> None:
    with kernel.database.reading() as session:
        ids = list(session.scalars(select(Event.id).where(Event.name == "ServiceOpened")))
    for event_id in ids:
        notify(kernel, event_id)


def test_clients_read_their_own_messages(kernel, shop, client, stranger, administrator) -> None:
    """F-084: what is mailed is repeated here, page by page; administrators see what came of it."""
    for _ in range(2):
        open_one(kernel, shop)
    tell(kernel)
    page = client.done("GET", "/messages?limit=1")
    [newest] = page["items"]
    assert "The service is ready for use" in newest["body"]
    assert (newest["channel"], newest["event"]) == ("inbox", "ServiceOpened")
    assert "failure" not in newest
    [oldest] = client.done("GET", f"/messages?limit=1&cursor={page['next_cursor']}")["items"]
    assert oldest["id"] < newest["id"]
    assert stranger.done("GET", "/messages")["items"] == []
    every = administrator.done("GET", f"/admin/messages?client_id={client.id}")["items"]
    assert [each["status"] for each in every] == ["kept", "kept"]
    assert administrator.done("GET", "/admin/messages?event=TaskOpened")["items"] == []


def test_a_channels_secrets_never_come_back_and_follow_their_host(administrator) -> None:
    """A password that is sent to a host it wasn't for is lost."""
    made = administrator.done("POST", "/admin/notification-channels", SMTP)
    assert made["settings"] == {
        "host": "192.0.2.1",
        "port": 587,
        "security": "starttls",
        "username": "billing",
    }
    path = f"/admin/notification-channels/{made['id']}"
    changed = administrator.done("PATCH", path, {"settings": {"port": 25}, "sort": 3})
    assert (changed["settings"]["port"], changed["sort"]) == (25, 3)
    moved = administrator.done("PATCH", path, {"settings": {"host": "192.0.2.2"}})
    assert moved["settings"]["host"] == "192.0.2.2"
    listed = administrator.get("/admin/notification-channels")
    assert "canary" not in listed.text
    refused = administrator.patch(path, {"settings": {"port": 0}})
    assert refused.json()["errors"][0]["pointer"] == "/settings/port"
    assert administrator.patch(path, {"provider_id": 99}).status_code == 400
    unknown = administrator.post("/admin/notification-channels", {**SMTP, "driver": "pigeon"})
    assert unknown.status_code in (400, 422)
    administrator.done("DELETE", path)


def test_a_channel_is_tried_by_a_test_message(administrator) -> None:
    """And what isn't permitted is said: mail servers in private networks have to be named."""
    console = {"name": "Log", "driver": "console"}
    made = administrator.done("POST", "/admin/notification-channels", console)
    path = f"/admin/notification-channels/{made['id']}/check"
    checked = administrator.done("POST", path, {"recipient": "me@provider.test"})
    assert checked["summary"] == "handed over to Log for me@provider.test"
    inside = {**SMTP, "settings": {"host": "10.1.2.3"}}
    made = administrator.done("POST", "/admin/notification-channels", inside)
    path = f"/admin/notification-channels/{made['id']}/check"
    refused = administrator.post(path, {"recipient": "me@provider.test"})
    assert (refused.status_code, refused.json()["code"]) == (503, "upstream.busy")
    assert "BILLING_ALLOWED_NETWORKS" in refused.json()["detail"]
