"""User names and domains that services get from their tariff plan's templates."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import FakeModule, run_newest, service_of
from tests.markets import Market, dollars

from billing_kernel.application.kernel import Kernel
from billing_kernel.models import Service


def names(kernel: Kernel, placed: dict[str, Any]) -> tuple[str, str]:
    service: Service = service_of(kernel, placed["service"]["id"])
    return service.username, service.domain


def test_at_53_a_user_name_is_made_from_its_template(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """By default "user" and the service's id; the driver is told."""
    placed = market.order(market.plan(account_template="start"))
    service_id = placed["service"]["id"]
    assert names(kernel, placed)[0] == f"user{service_id}"
    run_newest(kernel, service_id)
    view = module.asked[-1][1].service
    assert (view.username, view.account_template) == (f"user{service_id}", "start")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("@USERNAME@", "annexample", id="AT-53-login"),
        pytest.param("@ACCOUNT_ID@@ID@", "{client}{id}", id="AT-53-ids"),
        pytest.param("@DOMAIN@", "annexampleexampl", id="AT-53-domain-is-cut"),
        pytest.param("@USERNAME@p@ID@", "annexamplep{id}", id="AT-53-mixed"),
        pytest.param("", "", id="AT-53-none"),
    ],
)
def test_at_53_macros_of_user_names(
    market: Market, kernel: Kernel, template: str, expected: str
) -> None:
    """The login's local part has letters and digits only; nothing is longer than 16."""
    placed = market.order(market.plan(username_template=template))
    said = expected.format(id=placed["service"]["id"], client=market.client.id)
    assert names(kernel, placed)[0] == said
    assert len(said) <= 16


def test_at_53_two_services_never_share_a_user_name(
    market: Market, kernel: Kernel, register: Callable[[int, str], Any]
) -> None:
    """The next candidate has a number; who has a name already keeps it."""
    plan = market.plan(username_template="@USERNAME@", services_per_order_max=3)
    first = market.order(plan, quantity=3)
    made = [service_of(kernel, service["id"]).username for service in first["services"]]
    assert made == ["annexample", "annexample2", "annexample3"]
    other = register(market.provider_id, "ann-example@elsewhere.test")
    market.administrator.done(
        "POST",
        f"/admin/clients/{other.id}/adjustments",
        {"amount": dollars(1000), "reason": "gift"},
    )
    placed = other.done("POST", "/orders", market.order_of(plan))
    assert names(kernel, placed)[0] == "annexample4"


def test_at_54_a_domain_is_made_from_its_template(
    market: Market, kernel: Kernel, module: FakeModule
) -> None:
    """Where the client gives none; the driver is told."""
    plan = market.plan()
    placed = market.order(plan)
    assert names(kernel, placed)[1] == "annexample.example.com"
    run_newest(kernel, placed["service"]["id"])
    assert module.asked[-1][1].service.domain == "annexample.example.com"
    assert names(kernel, market.order(plan))[1] == "annexample2.example.com"
    own = market.order(plan, parameters={"domain": "Shop.Example.org"})
    assert names(kernel, own)[1] == "shop.example.org"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("s@ID@.@TYPE@.example.com", "s{id}.shared-hosting.example.com", id="AT-54"),
        pytest.param("@USERNAME@.@TYPE@.net", "annexample.shared-hosting.net", id="AT-54-type"),
        pytest.param("", "", id="AT-54-none"),
    ],
)
def test_at_54_macros_of_domains(
    market: Market, kernel: Kernel, template: str, expected: str
) -> None:
    """A product type's underscores become hyphens, which domains may have."""
    placed = market.order(market.plan(domain_template=template))
    assert names(kernel, placed)[1] == expected.format(id=placed["service"]["id"])


def test_what_is_sold_without_a_domain_gets_none(market: Market, kernel: Kernel) -> None:
    """A licence or a thing is not a site."""
    placed = market.order(market.plan(product_type="thing"), parameters={"name": "mine"})
    assert names(kernel, placed) == (f"user{placed['service']['id']}", "")
