"""Worked examples over HTTP: what an administrator sees when a price isn't what was expected."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import Shop

pytestmark = pytest.mark.on_both

RUB = {"currency": "RUB"}
EXAMPLE = {
    "name": "a month",
    "situation": {"occasion": "order", "on": "2026-03-01", "period_months": 1},
    "expected": {
        "lines": [{"kind": "period", "net": {"amount_minor": 1000, **RUB}}],
        "expires_on": "2026-04-01",
    },
}


@pytest.fixture
def path(shop: Shop) -> str:
    return f"/admin/tariff-plans/{shop.plan.id}"


def price(minor: int) -> dict[str, Any]:
    return {"prices": [{"period_months": 1, "price": {"amount_minor": minor, **RUB}}]}


def test_a_difference_shows_both_derivations(administrator: Any, path: str) -> None:
    """Side by side, as somebody compares them who has to find out why."""
    saved = administrator.done("PATCH", path, {"examples": [EXAMPLE]})["examples"]
    assert saved[0]["expected"] == {
        "lines": [{**EXAMPLE["expected"]["lines"][0], "resource_type": None}],  # type: ignore[index]
        "expires_on": "2026-04-01",
    }
    answer = administrator.patch(path, price(900))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "tariff.example_differs")
    assert "a month" in problem["detail"]
    (difference,) = problem["differences"]
    (before,), (after,) = difference["agreed"]["lines"], difference["differs"]["lines"]
    assert (before["net"]["amount_minor"], after["net"]["amount_minor"]) == (1000, 900)
    assert before["explanation"][0]["rule"] == after["explanation"][0]["rule"] == "charging.period"
    assert administrator.done("GET", path)["prices"][0]["price"]["amount_minor"] == 1000


def test_a_new_plan_with_a_wrong_example_is_not_created(
    administrator: Any, shop: Shop, path: str
) -> None:
    """Half a plan would be for sale at a price that nobody meant."""
    body = {
        "provider_id": shop.provider.id, "product_type": "thing", "name": {"en": "New"},
        "processing_module_id": shop.module_id, **price(900), "examples": [EXAMPLE],
    }  # fmt: skip
    answer = administrator.post("/admin/tariff-plans", body)
    assert answer.status_code == 422
    (difference,) = answer.json()["differences"]
    assert difference["agreed"] is None
    assert len(administrator.done("GET", "/admin/tariff-plans")["items"]) == 1


def test_examples_are_checked_on_demand(administrator: Any, path: str) -> None:
    """After a change of plugins an administrator looks, and sees each one."""
    administrator.done("PATCH", path, {"examples": [EXAMPLE]})
    checked = administrator.done("POST", f"{path}/examples/check")
    assert checked["ok"] is True
    assert [item["name"] for item in checked["items"]] == ["a month"]
    assert administrator.done("GET", path)["examples"] == checked["items"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/examples/0/name"),
        ({"situation": {"occasion": "gift"}}, "/examples/0/situation/occasion"),
        ({"situation": {"expires_on": "2026-04-01"}}, "/examples/0/situation/expires_on"),
        ({"situation": {"addons": {"wings": 1}}}, "/examples/0/situation/addons/wings"),
        ({"expected": {"lines": [{"kind": "period"}]}}, "/examples/0/expected/lines/0/net"),
        ({"price": 5}, "/examples/0/price"),
    ],
)
def test_each_rule_of_examples_names_its_field(
    administrator: Any, path: str, change: dict[str, Any], pointer: str
) -> None:
    """A frontend marks the field that it names."""
    broken = {
        name: {**EXAMPLE[name], **value} if isinstance(value, dict) else value  # type: ignore[dict-item]
        for name, value in change.items()
    }
    answer = administrator.patch(path, {"examples": [{**EXAMPLE, **broken}]})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_only_administrators_see_examples(
    administrator: Any,
    client: Any,
    guest: Any,
    path: str,
    shop: Shop,
    log_in: Callable[..., Any],
) -> None:
    """They say what a provider thinks of its prices."""
    administrator.done("PATCH", path, {"examples": [EXAMPLE]})
    assert "examples" not in client.done("GET", f"/tariff-plans/{shop.plan.id}")
    assert client.post(f"{path}/examples/check").status_code == 403
    assert guest.post(f"{path}/examples/check").status_code == 401
