"""Worked examples of a tariff plan: they hold its prices to what the provider expects."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

import pytest
from sqlalchemy.orm import Session
from tests.factories import FakeModule, Shop, make_kernel, make_shop, place, sell_under
from tests.pages import DOCS
from tests.servers.variables import environment

from billing_hookspecs import Adjustment, InvalidInputError, Money, PluginManifest, QuoteView, impl
from billing_kernel.application.cataloguing import change_plan, fields_of
from billing_kernel.application.exemplifying import (
    ExampleDiffersError,
    check_every_plan,
    recheck_plan,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.quoting import TariffNotForSaleError
from billing_kernel.application.supplementing import remove_addon
from billing_kernel.domain.addons import AddonPrice, AddonTerm
from billing_kernel.domain.examples import (
    Example,
    ExampleSituation,
    Expected,
    ExpectedLine,
    LastPaid,
    examples_document,
    read_examples,
)
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import TariffPlan
from billing_kernel.settings import Settings

MARCH = date(2026, 3, 1)


class Discount:
    """A plugin that takes ten percent off since its last release."""

    MANIFEST: ClassVar[PluginManifest] = PluginManifest("discount", "Discount", ">=1.0,<2")

    @impl
    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        return (Adjustment(-quote.net.amount_minor // 10, "Ten percent", "discount.tenth"),)


def rub(minor: int) -> Money:
    return Money(minor, "RUB")


def example(
    name: str, minor: int, *more: ExpectedLine, expires_on: Any = None, **situation: Any
) -> Example:
    asked = {"occasion": "order", "on": MARCH, "period_months": 1, **situation}
    lines = (ExpectedLine("period", rub(minor)), *more)
    expected = Expected(lines, expires_on) if expires_on else Expected(lines)
    return Example(name, ExampleSituation(**asked), expected)


MONTH = example("a month", 1000, expires_on=date(2026, 4, 1))


@pytest.fixture
def change(kernel: Kernel, shop: Shop) -> Callable[..., TariffPlan]:
    """Change fields of the shop's tariff plan."""

    def work(**fields: Any) -> TariffPlan:
        def run(session: Session) -> TariffPlan:
            present = fields_of(session, session.get_one(TariffPlan, shop.plan.id))
            return change_plan(session, kernel, shop.plan.id, replace(present, **fields))

        return kernel.database.run(run)

    return work


def stored(kernel: Kernel, shop: Shop) -> tuple[Example, ...]:
    with kernel.database.reading() as session:
        return read_examples(session.get_one(TariffPlan, shop.plan.id).examples)


def test_an_example_that_comes_out_is_kept_with_its_derivation(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """What it was derived by is what a later difference is compared with."""
    change(examples=(MONTH,))
    (kept,) = stored(kernel, shop)
    assert kept.agreed
    assert kept.differs is None
    (line,) = kept.agreed.lines
    assert [step.rule for step in line.steps] == ["charging.period"]


def test_a_price_that_an_example_forbids_is_not_saved(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """A slip of the finger must not reach a client."""
    change(examples=(MONTH,))
    with pytest.raises(ExampleDiffersError) as refused:
        change(prices=(PriceTerm(1, rub(100)),))
    (difference,) = refused.value.differences
    assert difference.agreed
    assert difference.differs
    assert [it.net for it in difference.agreed.lines] == [rub(1000)]
    assert [it.net for it in difference.differs.lines] == [rub(100)]
    assert place(kernel, shop).invoice.total_minor == 1000


def test_price_and_example_may_change_together(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """Whoever means it says so."""
    change(examples=(MONTH,))
    change(prices=(PriceTerm(1, rub(1100)),), examples=(example("a month", 1100),))
    assert place(kernel, shop).invoice.total_minor == 1100


def test_an_order_by_the_calendar(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """Ordered on July 12th: 20 of 31 days of 10.00."""
    july = example("July 12th", 645, expires_on=date(2026, 8, 1), on=date(2026, 7, 12))
    change(charging={"policy": "calendar", "pro_rata_day": 15}, examples=(july,))
    assert stored(kernel, shop)[0].agreed


def test_renewals_in_time_and_late(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """Half of the daily cost for five days; in time there is no fee."""
    expiry = date(2026, 9, 1)
    paid = LastPaid(rub(310), date(2026, 8, 1), 1)
    late = ExpectedLine("late_fee", rub(25))
    month_end = date(2026, 9, 30)
    in_time = Example(
        "in time",
        ExampleSituation(
            occasion="renewal",
            on=month_end,
            period_months=1,
            expires_on=month_end,
            anchor_on=date(2026, 8, 31),
        ),
        Expected((ExpectedLine("period", rub(1000)),), date(2026, 10, 31)),
    )
    too_late = Example(
        "late",
        ExampleSituation(
            occasion="renewal", on=date(2026, 9, 5), period_months=1, expires_on=expiry, paid=paid
        ),
        Expected((ExpectedLine("period", rub(1000)), late), date(2026, 10, 5)),
    )
    fee = TariffPolicies(late_renewal_fee={"policy": "percent", "percent": "50"})
    change(policies=fee, examples=(in_time, too_late))
    assert all(it.agreed and not it.differs for it in stored(kernel, shop))


def test_days_that_are_charged_by_themselves(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """10.00 over January: 0.33 a day, 0.43 on the 30th, and the 31st is free."""

    def day(number: int, minor: int) -> Example:
        that_day = date(2026, 1, number)
        situation = ExampleSituation(
            occasion="renewal", on=that_day, expires_on=that_day, period_months=1,
            anchor_on=date(2026, 1, 1),
        )  # fmt: skip
        lines = (ExpectedLine("period", rub(minor)),)
        return Example(f"January {number}", situation, Expected(lines))

    first = example("the first day", 33, on=date(2026, 1, 1), expires_on=date(2026, 1, 2))
    days = (first, day(2, 33), day(30, 43), day(31, 0))
    change(charging={"policy": "daily", "by_order_period": True}, addons=(), examples=days)
    assert all(it.agreed and not it.differs for it in stored(kernel, shop))


def test_an_addon_that_an_example_needs_can_not_be_removed(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """Addons make prices as much as periods do."""
    disk = ExpectedLine("addon", rub(200), "disk")
    change(examples=(example("with disk", 1000, disk, addons={"disk": 20}),))

    def remove(session: Session) -> None:
        terms = fields_of(session, session.get_one(TariffPlan, shop.plan.id))
        (addon,) = [it for it in terms.addons if it.resource_type == "disk"]
        remove_addon(session, kernel, shop.plan.id, addon.id)

    with pytest.raises(ExampleDiffersError) as refused:
        kernel.database.run(remove)
    differs = refused.value.differences[0].differs
    assert differs
    assert "disk is not an addon" in differs.error


def test_a_plugin_that_changes_prices_takes_the_plan_off_sale(
    kernel: Kernel, shop: Shop, settings: Settings, change: Callable[..., TariffPlan]
) -> None:
    """The process with the new plugin finds the difference before a client does."""
    change(examples=(MONTH,))
    changed = make_kernel(settings, FakeModule(), plugins=(Discount(),))
    try:
        found = check_every_plan(changed)
        assert [it.name for it in found[shop.plan.id]] == ["a month"]
        (kept,) = stored(kernel, shop)
        assert kept.agreed
        assert kept.differs
        assert kept.agreed.lines[0].net == rub(1000)
        assert kept.differs.lines[0].net == rub(900)
        assert kept.differs.lines[0].steps[-1].rule == "discount.tenth"
        with pytest.raises(TariffNotForSaleError):
            place(changed, shop)
    finally:
        changed.database.close()
    assert check_every_plan(kernel) == {}
    assert place(kernel, shop).invoice.total_minor == 1000


def test_a_plan_whose_policy_is_gone_is_not_sold(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """What can't be priced differs from every expectation."""
    change(examples=(MONTH,))
    sell_under(kernel, shop, charging={"policy": "of_a_lost_plugin"})
    (found,) = recheck_plan(kernel, shop.plan.id)
    assert found.differs
    assert "of_a_lost_plugin" in found.differs.error


def test_what_is_wrong_with_examples_is_named(
    kernel: Kernel, shop: Shop, change: Callable[..., TariffPlan]
) -> None:
    """Pointers lead into the list that was sent."""
    late = ExampleSituation(
        occasion="renewal", on=date(2026, 9, 5), period_months=1, expires_on=date(2026, 9, 1)
    )
    with pytest.raises(InvalidInputError) as refused:
        change(
            examples=(
                MONTH,
                Example(MONTH.name, late, MONTH.expected),
                example("unknown addon", 1000, addons={"wings": 2}),
            )
        )
    assert [error.pointer for error in refused.value.errors] == [
        "/examples/1/name",
        "/examples/1/situation/paid",
        "/examples/2/situation/addons/wings",
    ]


def test_the_examples_of_the_page_come_out(settings: Settings) -> None:
    """Providers begin with a copy of them."""
    page = (DOCS / "selling" / "examples.md").read_text()
    block = page.split("```json\n")[1].split("```")[0]
    examples = read_examples(json.loads(block)["examples"])
    domains = AddonTerm(
        1, "web_domain_limit", included=10, default=10, prices=(AddonPrice(1, Money(5, "USD")),)
    )
    kernel = make_kernel(settings, FakeModule())
    try:
        shop = make_shop(kernel, currency="USD", prices=(PriceTerm(1, Money(310, "USD")),))
        fee = TariffPolicies(late_renewal_fee={"policy": "percent", "percent": "50"})
        sell_under(kernel, shop, addons=(domains,), policies=fee)

        def keep(session: Session) -> None:
            session.get_one(TariffPlan, shop.plan.id).examples = examples_document(examples)

        kernel.database.run(keep)
        assert len(examples) == 2
        assert all(it.agreed and not it.differs for it in recheck_plan(kernel, shop.plan.id))
    finally:
        kernel.database.close()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_worker_that_starts_checks_the_examples(
    kernel: Kernel, shop: Shop, settings: Settings, change: Callable[..., TariffPlan]
) -> None:
    """Workers are often renewed before what serves the API; renewals are priced by them."""
    change(examples=(MONTH,))
    sell_under(kernel, shop, charging={"policy": "of_a_lost_plugin"})
    with subprocess.Popen(
        [sys.executable, "-m", "billing_kernel.cli", "worker"],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout
        assert "billing works" in worker.stdout.readline()
        worker.terminate()
    assert [example.differs is not None for example in stored(kernel, shop)] == [True]
