"""The API describes itself, and its page needs no other host."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from tests.servers.applications import served

from billing_kernel.http.bodies import decode_body
from billing_kernel.http.overview import overview
from billing_kernel.http.schema_page import described
from billing_kernel.http.shapes.base import Body

OVERVIEW = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
ADDRESS = re.compile(r"""(?:src|href|url|action)\s*=?\s*\(?["']?((?:https?:)?//[^"'\s)]+)""")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_the_page_asks_no_other_host(http):
    """Behind a firewall the page must work, and nobody else needs to know who reads it."""
    page = http.get("/schema")
    assert page.status_code == 200
    assert ADDRESS.findall(page.text) == []
    local = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(local) == 3
    for address in local:
        asset = http.get(address)
        assert asset.status_code == 200, address
        assert asset.content
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    style = http.get("/schema/assets/swagger-ui.css").text
    assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", style)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["nothing.js", "..%2f..%2fapp.py", "LICENSE"])
def test_the_page_serves_its_own_files_only(http, name):
    """An asset route must not become a way to read the package."""
    assert http.get(f"/schema/assets/{name}").status_code == 404


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_every_operation_is_named_explained_and_tells_its_problems(app: Litestar):
    """Clients are generated from this; names must not change with a function's."""
    document = described(app)
    assert document["openapi"].startswith("3.1")
    names = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            names.append(operation["operationId"])
            assert re.fullmatch(r"[a-z][A-Za-z]+", operation["operationId"]), where
            assert operation["description"], where
            assert operation["tags"], where
            problem = operation["responses"]["default"]["content"]
            assert list(problem) == ["application/problem+json"], where
            public = not operation.get("security") or {} in operation["security"]
            assert public or all(set(each) == {"token"} for each in operation["security"]), where
            assert "/admin/" in path or operation.get("security") in (
                None,
                [{"token": []}],
                [{}, {"token": []}],
            ), where
            assert not public or "/admin/" not in path, where
    assert len(names) == len(set(names))


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_every_body_says_that_unknown_fields_are_refused(app: Litestar):
    """A generated client that adds a field should fail where it is written."""
    document = described(app)
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody")
            if body is None:
                continue
            schema = body["content"]["application/json"]["schema"]
            references = re.findall(r"#/components/schemas/(\w+)", str(schema))
            assert references, f"{method} {path}"
            for name in references:
                assert schemas[name].get("additionalProperties") is False, name


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_main_bodies_have_examples_that_the_api_accepts(app: Litestar):
    """An example that doesn't work is worse than none."""
    schemas = described(app)["components"]["schemas"]
    shown = {name: schema["examples"] for name, schema in schemas.items() if "examples" in schema}
    assert {"RegisterClient", "LogIn", "AskQuote", "PlaceOrder", "RenewServiceBody"} <= set(shown)
    assert {"CreateProvider", "CreateProcessingModule", "CreateTariffPlan"} <= set(shown)
    bodies = {body.__name__: body for body in _descendants(Body)}
    for name, [example] in shown.items():
        assert decode_body(msgspec.json.encode(example), bodies[name]), name


def _descendants(base: type[Body]) -> Iterator[type[Body]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_the_overview_lists_every_operation(app: Litestar):
    """The page in the repository is the one that this version serves."""
    made = overview(described(app))
    assert made == OVERVIEW.read_text(), (
        "renew it: billing openapi | python -m billing_kernel.http.overview > docs/reference/api.md"
    )


def test_liveness_needs_nothing_and_readiness_names_its_parts(http):
    """An orchestrator restarts by the first and routes by the second."""
    assert http.get("/health/live").json() == {"status": "live"}
    ready = http.get("/health/ready").json()
    assert ready["status"] == "ready"
    assert ready["database"]["ok"]
    assert ready["worker"]["place"] == "elsewhere"
    assert "isp_licenses" in [plugin["name"] for plugin in ready["plugins"]]


class StoppedWorker:
    """A worker whose threads have died."""

    alive = False
    last_sweep_at = None

    def status(self) -> "StoppedWorker":
        return self


def test_a_process_whose_worker_died_is_not_ready(kernel):
    """It would take orders that nobody carries out."""
    with served(kernel, StoppedWorker()) as http:
        answer = http.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["worker"] == {
        "ok": False,
        "place": "here",
        "last_sweep_at": None,
        "backlog": 0,
    }


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_capabilities_are_a_matrix_of_rows_and_roles(guest):
    """F-001 to F-011: which role may do what, for frontends that hide what isn't allowed."""
    rows = guest.done("GET", "/capabilities")["capabilities"]
    assert [row["key"] for row in rows] == [f"F-{number:03}" for number in range(1, 12)]
    clients = {row["key"] for row in rows if row["roles"]["client"]}
    assert clients == {"F-006", "F-007", "F-008", "F-009", "F-010", "F-011"}
    assert all(row["roles"]["administrator"] for row in rows)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_product_types_bring_the_form_of_their_orders(guest):
    """A frontend sells what was installed after it was written."""
    answer = guest.get("/product-types", Accept_Language="ru").json()
    [vps] = [each for each in answer["items"] if each["key"] == "vps"]
    assert vps["title"] == "Виртуальный сервер"
    assert vps["order_form"]["additionalProperties"] is False
    disk = next(each for each in vps["resource_types"] if each["key"] == "disk_space")
    assert (disk["unit"], disk["min"]) == ("GiB", 1)
