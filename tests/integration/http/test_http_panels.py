"""Into the panel of a service and back, and the password of its user there."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import text
from tests.factories import (
    FakeModule,
    go_on,
    open_one,
    open_tasks,
    operation_of,
    run_newest,
    service_of,
)

from billing_hookspecs import (
    Capability,
    ChangePassword,
    Context,
    Done,
    NotFound,
    OutcomeUnknownError,
    ServiceView,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.entering import WAY_BACK
from billing_kernel.boundaries import forbid_inside_transaction
from billing_kernel.models import wall_clock

PASSWORD = "correct horse & battery"
LINK = "https://panel.test/?key=once"


@dataclass(eq=False)
class PanelModule(FakeModule):
    """A fake whose services have a panel."""

    capabilities: ClassVar[frozenset[Capability]] = FakeModule.capabilities | {
        Capability.PANEL_LINK,
        Capability.CHANGE_PASSWORD,
    }

    links: list[Any] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)

    def panel_link(self, service: ServiceView, return_url: str, context: Context) -> str:
        forbid_inside_transaction("a panel link")
        self.asked.append(("panel_link", service))
        self.returns.append(return_url)
        link = self.links.pop(0) if self.links else f"{LINK}-{len(self.returns)}"
        if isinstance(link, BaseException):
            raise link
        return str(link)

    def change_password(self, request: ChangePassword, context: Context) -> Any:
        return self._answer("change_password", request)


@pytest.fixture
def module() -> PanelModule:
    return PanelModule()


@pytest.fixture
def service_id(kernel, shop) -> int:
    """A service that runs."""
    return open_one(kernel, shop)


def events(administrator, name: str) -> list[dict[str, Any]]:
    items = administrator.done("GET", "/admin/events?limit=500")["items"]
    return [event["facts"] for event in items if event["name"] == name]


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_at_63_a_client_enters_the_panel_and_comes_back(
    kernel, http, client, administrator, shop, module, service_id
) -> None:
    """F-155: in as the service's user; back to the session that was left, without a login."""
    address = "https://area.hosting.test/my?lang=en"
    administrator.patch(f"/admin/providers/{shop.provider.id}", {"billing_url": address})
    assert "panel_link" in client.done("GET", f"/services/{service_id}")["allowed_actions"]
    links = [client.post(f"/services/{service_id}/panel-link").json() for _ in range(2)]
    assert links == [{"url": f"{LINK}-1"}, {"url": f"{LINK}-2"}]
    assert module.asked[-1][1].upstream_id == service_of(kernel, service_id).upstream_id
    back = module.returns[-1].removeprefix(kernel.settings.public_url)
    assert client.token not in back
    answer = http.get(back, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert not answer.cookies
    assert client.get("/me").status_code == 200
    entered = {"service_id": service_id, "by": f"client:{client.id}"}
    assert events(administrator, "PanelEntered") == [entered, entered]


def test_an_administrator_enters_a_panel_under_its_own_name(
    kernel, http, administrator, module, service_id
) -> None:
    """Whoever was in a client's panel can be told later; the way back isn't the client's."""
    path = f"/admin/services/{service_id}"
    assert "panel_link" in administrator.done("GET", path)["allowed_actions"]
    assert administrator.done("POST", f"{path}/panel-link") == {"url": f"{LINK}-1"}
    assert events(administrator, "PanelEntered") == [
        {"service_id": service_id, "by": f"administrator:{administrator.id}"}
    ]
    back = module.returns[-1].removeprefix(kernel.settings.public_url)
    answer = http.get(back, follow_redirects=False)
    assert answer.headers["location"] == kernel.settings.public_url


def test_a_way_back_leads_nowhere_else(kernel, http, client, module, service_id) -> None:
    """An address of ours that redirected anywhere would lend our name to phishing.

    Neither an old one nor whatever else we once sealed is taken for a way back.
    """
    client.done("POST", f"/services/{service_id}/panel-link")
    way, token = module.returns[0].removeprefix(kernel.settings.public_url).rsplit("/", 1)
    assert http.get(f"{way}/{token}", follow_redirects=False).status_code == 303
    changed = token[:8] + "A" * 8 + token[16:]
    expired = sealed_way(kernel, minutes=-1)
    other = sealed_way(kernel, purpose="another row")
    for wrong in ("x", "https:evil.test", token[:-4], changed, "%C3%A9", expired, other):
        assert refused(http.get(f"{way}/{wrong}")) == (404, "not_found"), wrong


def sealed_way(kernel, minutes: int = 60, purpose: str = WAY_BACK) -> str:
    until = (wall_clock() + timedelta(minutes=minutes)).isoformat()
    sealed = kernel.keys.seal({"area": "", "until": until}, purpose)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def test_only_a_running_service_of_ones_own_can_be_entered(
    kernel, client, stranger, administrator, module, service_id
) -> None:
    """What is suspended for debts would else be used through its panel."""
    path = f"/services/{service_id}"
    for route, body in (("panel-link", None), ("change-password", {"password": PASSWORD})):
        assert refused(stranger.post(f"{path}/{route}", body)) == (404, "not_found")
    administrator.done("POST", f"/admin{path}/suspend")
    run_newest(kernel, service_id)
    for route, body in (("panel-link", None), ("change-password", {"password": PASSWORD})):
        code = (409, "service.not_active")
        assert refused(client.post(f"{path}/{route}", body)) == code
        assert refused(administrator.post(f"/admin{path}/{route}", body)) == code
    assert not module.returns
    assert not {"panel_link", "change_password"} & set(client.done("GET", path)["allowed_actions"])


def test_a_link_that_cannot_be_had_is_a_plain_problem(
    client, administrator, module, service_id
) -> None:
    """The next click tries again; nobody is said to have entered."""
    path = f"/services/{service_id}/panel-link"
    for answer, problem in (
        (UpstreamBusyError("down"), (503, "upstream.busy")),
        (OutcomeUnknownError("lost"), (503, "upstream.unknown")),
        (UpstreamRefusedError("missing", "no such user"), (422, "upstream.refused")),
        ("javascript:alert(1)", (503, "plugin.fault")),
        ("/panel", (503, "plugin.fault")),
    ):
        module.links.append(answer)
        assert refused(client.post(path)) == problem
    assert events(administrator, "PanelEntered") == []
    assert client.post(path).status_code == 201


def test_a_panel_stays_open_while_something_else_is_under_way(
    client, administrator, service_id
) -> None:
    """A renewal that waits for money upstream must not lock a client out."""
    body = {"period_months": 1, "pay_with": {"balance": True}}
    client.done("POST", f"/services/{service_id}/renew", body)
    path = f"/services/{service_id}"
    assert client.done("GET", path)["allowed_actions"] == ["panel_link"]
    assert client.post(f"{path}/panel-link").status_code == 201
    body = {"password": PASSWORD}
    under_way = (409, "service.operation_in_progress")
    assert refused(client.post(f"{path}/change-password", body)) == under_way


def test_a_password_is_set_upstream_and_known_to_nobody_else(
    kernel, client, administrator, module, service_id
) -> None:
    """F-008: sealed until then, gone afterwards, in no answer, event or row."""
    path = f"/services/{service_id}"
    assert "change_password" in client.done("GET", path)["allowed_actions"]
    body = {"password": PASSWORD, "password_confirmation": PASSWORD}
    begun = client.post(f"{path}/change-password", body)
    assert begun.status_code == 202
    assert begun.json()["operation"]["kind"] == "change_password"
    assert operation_of(kernel, service_id).sealed_secrets
    module.answers = [OutcomeUnknownError(f"lost {PASSWORD}"), NotFound(), Done()]
    states = [run_newest(kernel, service_id).state] + [go_on(kernel, service_id) for _ in "12"]
    assert states == ["unknown", "queued", "done"]
    sent = [request for name, request in module.asked if name == "change_password"]
    assert [request.password for request in sent] == [PASSWORD, PASSWORD]
    assert operation_of(kernel, service_id).sealed_secrets is None
    assert events(administrator, "ServicePasswordChanged")[0]["service_id"] == service_id
    assert PASSWORD not in begun.text + repr(sent) + "".join(everything(kernel))


def test_a_password_that_the_panel_refuses_leaves_the_service_as_it_is(
    kernel, client, administrator, module, service_id
) -> None:
    """It has its old password and is paid as before; somebody is told why."""
    path = f"/admin/services/{service_id}/change-password"
    assert administrator.post(path, {"password": PASSWORD}).status_code == 202
    module.answers = [UpstreamRefusedError("weak", "choose a longer one")]
    operation = run_newest(kernel, service_id)
    assert (operation.state, operation.sealed_secrets) == ("refused", None)
    assert operation.request["asked_by"] == "administrator"
    assert service_of(kernel, service_id).status == "active"
    assert open_tasks(kernel)[0].kind == "refused_operation"
    bad = {"password": PASSWORD, "password_confirmation": "another one"}
    for body in (bad, {"password": "short"}, {}):
        answer = client.post(f"/services/{service_id}/change-password", body)
        assert refused(answer) == (400, "input.invalid")


def everything(kernel) -> list[str]:
    """Whatever the tables that follow an operation say."""
    with kernel.database.reading() as session:
        return [
            str(row)
            for table in ("operations", "operation_attempts", "events", "outbox", "tasks")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
