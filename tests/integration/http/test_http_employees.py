"""Employees: how they log in, what their rights open, and how they are locked out."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from billing_kernel.application.employing import create_employee
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.registering import create_administrator, hash_password
from billing_kernel.domain.rights import Right
from billing_kernel.http.auth import Access

PAGE = Path(__file__).parents[3] / "docs" / "people.md"
ANY_EMPLOYEE, NOBODY_ELSE = "any employee", "administrators only"
PASSWORD = "correct horse battery"


def employee(**fields: Any) -> dict[str, Any]:
    body = {"name": "Eve", "email": "eve@provider.test", "password": PASSWORD}
    return {**body, **fields}


@pytest.fixture
def hire(kernel: Kernel, log_in: Callable[..., Any]) -> Callable[..., Any]:
    """Logs in a new employee, without a password's slow hash."""

    def add(name: str, *rights: str) -> Any:
        email = f"{name}@provider.test"
        columns = {"name": name, "email": email, "password_hash": "-", "rights": list(rights)}
        return log_in(kernel.database.run(lambda session: create_employee(session, columns, ())))

    return add


def doors(app: Litestar) -> dict[str, str]:
    """Every route of administration, and what it asks of an employee."""
    found = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or "/admin/" not in route.path:
            continue
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path.removeprefix("/api/v1/admin"))
        for handler in route.route_handlers:
            if not isinstance(handler, HTTPRouteHandler):
                continue
            for method in handler.http_methods - {"OPTIONS"}:
                open_to = handler.opt.get("right") or ANY_EMPLOYEE
                if handler.opt["access"] is Access.ADMINISTRATOR:
                    open_to = NOBODY_ELSE
                found[f"{method} {path}"] = str(open_to)
    return found


def written_down() -> dict[str, str]:
    """What the page says: a resource or a route, and the right that opens it."""
    rights = {*(f"`{right}`" for right in Right), ANY_EMPLOYEE, NOBODY_ELSE}
    table = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 4 and cells[1] in rights:
            table |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[2]), cells[1].strip("`"))
    return table


def test_the_page_says_what_each_right_opens(app: Litestar):
    """Whoever gives a right away must know to what; what nobody thought of stays closed."""
    page, real = written_down(), doors(app)
    said = {
        door: page.get(door, page.get(door.split("/")[1].split(" ")[0], NOBODY_ELSE))
        for door in real
    }
    assert said == real
    resources = {door.split("/")[1] for door in real}
    assert {entry for entry in page if entry not in resources} <= set(real)
    assert set(page.values()) == {*Right, ANY_EMPLOYEE, NOBODY_ELSE}


def knock(app: Litestar, person: Any) -> dict[str, tuple[int, str]]:
    """What every route of administration answers this person to nothing in particular."""
    answers = {}
    for door in doors(app):
        method, path = door.split(" ")
        answer = person.send(method, "/admin" + re.sub(r"\{[^}]*\}", "999999", path))
        answers[door] = answer.status_code, answer.json().get("detail", "")
    return answers


def test_a_right_opens_its_doors_and_no_others(app: Litestar, hire):
    """Every route there is asks for its own right, also those that are added later."""
    all_but_one = [right for right in Right if right is not Right.PAYMENTS]
    without, with_most = knock(app, hire("eve")), knock(app, hire("max", *all_but_one))
    for door, right in doors(app).items():
        status, detail = without[door]
        assert (status == 403) == (right != ANY_EMPLOYEE), door
        if right in set(Right):
            assert detail == f"this needs the right {right}", door
        closed = right in (Right.PAYMENTS, NOBODY_ELSE)
        assert (with_most[door][0] == 403) == closed, door
        assert with_most[door][0] not in (401, 500), door


def test_employees_log_in_and_have_no_client_area(guest, client, administrator):
    """An employee buys nothing, and sees a client's prices with the right to clients only."""
    made = administrator.done("POST", "/admin/employees", employee(rights=["services"]))
    assert PASSWORD not in str(made)
    entry = {"email": "Eve@provider.test", "password": PASSWORD}
    opened = guest.done("POST", "/sessions", entry)
    assert (opened["role"], opened["rights"]) == ("employee", ["services"])
    eve = type(guest)(guest.http, opened["token"])
    assert eve.get("/services").status_code == 403
    item = {"tariff_plan_id": 1, "period_months": 1, "parameters": {"name": "x"}}
    body = {"items": [item], "client_id": client.id}
    assert "clients" in eve.post("/quotes", body).json()["detail"]
    assert eve.delete("/sessions/current").status_code == 204
    administrator.done("PATCH", f"/admin/employees/{made['id']}", {"enabled": False})
    refused = guest.post("/sessions", entry)
    assert (refused.status_code, refused.json()["code"]) == (401, "login.bad_credentials")


def test_losing_power_ends_the_sessions(hire, administrator):
    """Whoever is locked out is out at once: a token must not outlive its holder either."""
    changes = {
        "eve": {"rights": ["reports"]},
        "max": {"password": PASSWORD},
        "ann": {"enabled": False},
    }
    for name, change in changes.items():
        person = hire(name, "tasks")
        path = f"/admin/employees/{person.id}"
        administrator.done("PATCH", path, {"name": "Other", "rights": ["tasks"], "enabled": True})
        assert person.get("/admin/tasks").status_code == 200
        administrator.done("PATCH", path, change)
        assert person.get("/admin/tasks").status_code == 401, name
    gone = hire("zoe", "tasks")
    administrator.done("DELETE", f"/admin/employees/{gone.id}")
    assert gone.get("/admin/tasks").status_code == 401
    assert administrator.get(f"/admin/employees/{gone.id}").status_code == 404


def test_an_address_logs_one_person_in(hire, guest, client, administrator):
    """With two people behind one login the second could never enter, or would be the first."""
    eve = hire("eve")
    mine = client.done("GET", "/me")["email"]
    registration = employee(password_confirmation=PASSWORD, country="DE")
    taken = [
        administrator.post("/admin/employees", employee(email="Root@provider.test")),
        administrator.patch(f"/admin/employees/{eve.id}", {"email": mine}),
        administrator.patch(f"/admin/clients/{client.id}", {"email": "eve@provider.test"}),
        guest.post("/clients", registration),
    ]
    assert {(each.status_code, each.json()["code"]) for each in taken} == {
        (409, "client.email_taken")
    }
    administrator.done("PATCH", f"/admin/employees/{eve.id}", {"email": "eve@provider.test"})


def test_a_wrong_employee_is_refused(administrator):
    """Nobody gets a login by mistake."""
    wrong: dict[str, Any] = {
        "/password": "short",
        "/email": "nobody",
        "/rights/0": ["everything"],
        "/department_ids/0": [77],
    }
    for pointer, value in wrong.items():
        body = employee(**{pointer.split("/")[1]: value})
        answer = administrator.post("/admin/employees", body)
        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.on_both
def test_the_head_of_a_department_works_there(hire, administrator):
    """A head who left would be asked what nobody there knows."""
    department = administrator.done("POST", "/admin/departments", {"name": {"en": "Support"}})
    place = f"/admin/departments/{department['id']}"
    eve = hire("eve")
    path = f"/admin/employees/{eve.id}"
    refused = administrator.patch(place, {"head_id": eve.id})
    assert refused.json()["errors"][0]["pointer"] == "/head_id"
    administrator.done("PATCH", path, {"department_ids": [department["id"], department["id"]]})
    headed = administrator.done("PATCH", place, {"head_id": eve.id})
    assert headed["head_id"] == eve.id
    left = administrator.patch(path, {"department_ids": []})
    assert left.json()["errors"][0]["pointer"] == "/department_ids"
    assert (
        administrator.delete(path).json()["detail"] == f"in use by departments {department['id']}"
    )
    administrator.done("PATCH", place, {"head_id": None})
    busy = administrator.delete(place)
    assert (busy.status_code, busy.json()["detail"]) == (409, f"in use by employee {eve.id}")
    administrator.done("DELETE", path)
    administrator.done("DELETE", place)


def test_a_department_says_when_somebody_is_there(kernel, hire, administrator):
    """Clients and colleagues should know before they wait."""
    week = [{"weekday": 0, "from": "09:00", "to": "18:00"}]
    hours = {"name": {"en": "Office"}, "time_zone": "Europe/Berlin", "intervals": week}
    twice = [*week, {"weekday": 0, "from": "17:59", "to": "19:00"}]
    for wrong, pointer in (
        ({"intervals": twice}, "/intervals/1"),
        ({"intervals": [{"weekday": 0, "from": "09:00", "to": "09:00"}]}, "/intervals/0/to"),
        ({"time_zone": "Berlin"}, "/time_zone"),
    ):
        refused = administrator.post("/admin/business-hours", {**hours, **wrong})
        assert refused.json()["errors"][0]["pointer"] == pointer
    made = administrator.done("POST", "/admin/business-hours", hours)
    path = f"/admin/business-hours/{made['id']}"
    body = {"name": {"en": "Support"}, "business_hours_id": made["id"]}
    department = administrator.done("POST", "/admin/departments", body)
    kernel.clock.instant = datetime(2026, 2, 1, 12, tzinfo=UTC)
    place = f"/admin/departments/{department['id']}"
    seen = hire("eve").done("GET", place)
    assert (seen["is_open"], seen["opens_at"]) == (False, "2026-02-02T08:00:00Z")
    changed = administrator.done("PATCH", path, {"holidays": ["2026-02-02"]})
    assert (changed["intervals"], changed["holidays"]) == (week, ["2026-02-02"])
    assert administrator.done("GET", place)["opens_at"] == "2026-02-09T08:00:00Z"
    assert administrator.delete(path).status_code == 409
    always = administrator.done("PATCH", place, {"business_hours_id": None})
    assert (always["is_open"], always["opens_at"]) == (True, None)
    administrator.done("DELETE", path)


def test_everybody_at_the_provider_changes_the_own_password(kernel, guest, log_in) -> None:
    """A password that an administrator gave is known to two; other sessions end with it."""
    known = hash_password(PASSWORD)
    columns = {"name": "Eve", "email": "eve@provider.test", "password_hash": known, "rights": []}
    people = [
        kernel.database.run(lambda session: create_employee(session, columns, ())),
        kernel.database.run(
            lambda session: create_administrator(session, "own@provider.test", "Own", known)
        ),
    ]
    for person in people:
        here, elsewhere = log_in(person), log_in(person)
        body = {"password": "another long one", "password_confirmation": "another long one"}
        assert here.put("/me/password", {**body, "current_password": PASSWORD}).status_code == 204
        # The session that asked goes on, and the one that is left over doesn't.
        assert here.put("/me/password", body).status_code == 400
        assert elsewhere.put("/me/password", body).status_code == 401
    login = {"email": "eve@provider.test", "password": "another long one"}
    assert guest.post("/sessions", login).status_code == 201
