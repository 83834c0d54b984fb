"""A sixth tariff-change policy and a loyalty discount, from installed plugins, through a sale."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from tests.factories import FakeModule, Shop, make_kernel, make_shop, open_one, with_plan

from billing_hookspecs import Money
from billing_kernel.application.altering import ask_for_change
from billing_kernel.application.cataloguing import change_plan, fields_of
from billing_kernel.application.changing import ChangeTariff
from billing_kernel.application.explaining import explain_line
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Invoice, TariffPlan
from billing_kernel.settings import Settings

SAMPLES = Path(__file__).parents[2] / "sample_plugins"


def sample(name: str, module: str, plugin: str) -> Any:
    """A sample plugin, as its entry point names it."""
    folder = str(SAMPLES / name / "src")
    sys.path.insert(0, folder)
    try:
        return getattr(import_module(module), plugin)
    finally:
        sys.path.remove(folder)


@pytest.fixture
def kernel(settings: Settings) -> Iterator[Kernel]:
    """With both plugins, and nothing of the kernel changed for them."""
    part_refund = sample("part_refund", "billing_sample_part_refund.plugin", "PartRefundPlugin")
    loyalty = sample("loyalty", "billing_sample_loyalty", "Plugin")
    made = make_kernel(settings, FakeModule(), plugins=(part_refund(), loyalty()))
    yield made
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    """2800 a month by a tariff whose changes a plugin prices."""
    made = make_shop(kernel, prices=(PriceTerm(1, Money(2800, "RUB")),))

    def choose(session: Any) -> None:
        plan = session.get_one(TariffPlan, made.plan.id)
        fields = fields_of(session, plan)
        chosen = {"policy": "part_refund", "percent": "25"}
        policies = msgspec.structs.replace(fields.policies, tariff_change=chosen)
        change_plan(session, kernel, plan.id, replace(fields, policies=policies))

    kernel.database.run(choose)
    return made


def test_a_discount_of_a_plugin_is_on_the_invoice_and_explained(kernel: Kernel, shop: Shop) -> None:
    """A tenth off for known clients: the step names its rule and the plugin that asked for it."""
    open_one(kernel, shop)
    with kernel.database.reading() as session:
        invoice = session.scalars(select(Invoice)).one()
        [line] = invoice.lines
        assert line.net_minor == 2520
        discount = line.explanation[-1]
        assert (discount["rule"], discount["inputs"]["plugin"]) == ("loyalty.tenth", "loyalty")
        assert explain_line(session, kernel, invoice.id, line.id).is_same


def test_a_sixth_policy_prices_changes_of_tariff(kernel: Kernel, shop: Shop) -> None:
    """A quarter of what a cheaper tariff saves returns: of 2520 − 1260 that is 315."""
    service_id = open_one(kernel, shop)
    cheaper = with_plan(kernel, shop, 1400)
    asked = kernel.database.run(
        lambda session: ask_for_change(
            session, kernel, service_id, ChangeTariff(cheaper.plan.id), shop.client.id
        )
    )
    assert asked.invoice is None
    assert asked.change.returns_minor == 315
    [line] = asked.change.lines
    assert line["steps"][0]["rule"] == "part_refund.difference"
    assert line["derivation"]["asked"]["key"] == "part_refund"
