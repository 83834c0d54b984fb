"""Addons from the order to the driver, the invoice, the billed days and the renewal."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories import (
    FakeModule,
    Shop,
    invoice_of,
    open_one,
    place,
    renew,
    run_newest,
    sell_under,
    service_of,
)

from billing_hookspecs import InvalidInputError, Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addons import AddonNotSoldError, AddonPrice, AddonTerm
from billing_kernel.models import BilledPeriod

CHOSEN = {"disk": 25, "panel": 12, "backup": True}


def billed(kernel: Kernel, service_id: int) -> list[tuple[Any, ...]]:
    with kernel.database.reading() as session:
        rows = session.scalars(
            select(BilledPeriod)
            .where(BilledPeriod.service_id == service_id)
            .order_by(BilledPeriod.start_on, BilledPeriod.line_no)
        )
        return [
            (row.line_no, row.resource_type, row.start_on, row.end_on, row.amount_minor)
            for row in rows
        ]


def test_an_invoice_names_each_addon_with_its_price(kernel: Kernel, shop: Shop) -> None:
    """What is included costs nothing; beyond it each unit, value and switch has its line."""
    invoice = invoice_of(kernel, place(kernel, shop, addons=CHOSEN).invoice.id)
    assert [(line.kind, line.resource_type, line.net_minor) for line in invoice.lines] == [
        ("period", None, 1000),
        ("addon", "disk", 300),
        ("addon", "panel", 900),
        ("addon", "backup", 100),
    ]
    assert [line.description for line in invoice.lines[1:]] == [
        "Disk space: 25 GiB, 10 included",
        "Control panel: Pro",
        "Backup",
    ]
    assert invoice.total_minor == 2300


def test_what_is_not_asked_for_is_as_included(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """An order without addons costs the list price, and the driver still hears the amounts."""
    service_id = open_one(kernel, shop)
    _, request = module.asked[0]
    assert request.service.resources == {"disk": 10, "backup": False}
    assert service_of(kernel, service_id).addons == {"disk": 10, "backup": False}
    assert [row[4] for row in billed(kernel, service_id)] == [1000]


def test_a_driver_hears_units_internal_names_and_switches(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """Clients choose values by id; upstreams know them by their internal names."""
    open_one(kernel, shop, addons=CHOSEN)
    _, request = module.asked[0]
    assert request.service.resources == {"disk": 25, "panel": "pro", "backup": True}


def test_addons_are_billed_for_the_same_days_and_renewed(kernel: Kernel, shop: Shop) -> None:
    """Each addon keeps a line number of its own, so that no day of it is charged twice."""
    service_id = open_one(kernel, shop, addons=CHOSEN)
    renew(kernel, shop, service_id, 3)
    run_newest(kernel, service_id)
    january, february, may = date(2026, 1, 31), date(2026, 2, 28), date(2026, 5, 31)
    assert billed(kernel, service_id) == [
        (0, None, january, february, 1000),
        (1, "disk", january, february, 300),
        (2, "panel", january, february, 900),
        (3, "backup", january, february, 100),
        (0, None, february, may, 3000),
        (1, "disk", february, may, 900),
        (2, "panel", february, may, 2700),
        (3, "backup", february, may, 300),
    ]
    assert service_of(kernel, service_id).expires_on == may


@pytest.mark.parametrize(
    ("addons", "pointer", "detail"),
    [
        ({"disk": 5}, "/addons/disk", "at least 10 GiB"),
        ({"disk": 105}, "/addons/disk", "at most 100 GiB"),
        ({"disk": 12}, "/addons/disk", "in steps of 5 GiB"),
        ({"disk": "20"}, "/addons/disk", "whole number"),
        ({"disk": True}, "/addons/disk", "whole number"),
        ({"panel": 13}, "/addons/panel", "the id of a value: 11, 12"),
        ({"panel": "pro"}, "/addons/panel", "the id of a value"),
        ({"backup": 1}, "/addons/backup", "true or false"),
        ({"unicorn": 1}, "/addons/unicorn", "not an addon"),
    ],
)
def test_an_impossible_amount_is_refused_by_name(
    kernel: Kernel, shop: Shop, addons: dict[str, Any], pointer: str, detail: str
) -> None:
    """Nothing is rounded into what can be had."""
    with pytest.raises(InvalidInputError, match=detail) as refusal:
        place(kernel, shop, addons=addons)
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_an_addon_without_a_price_for_the_period_is_refused(kernel: Kernel, shop: Shop) -> None:
    """No price is guessed from those of other periods."""
    only_monthly = AddonTerm(
        1, "disk", min=0, max=9, prices=(AddonPrice(1, Money(20, "RUB")),), unit="GiB"
    )
    sell_under(kernel, shop, addons=(only_monthly,))
    with pytest.raises(AddonNotSoldError, match="period_months 3; there are: 1"):
        place(kernel, shop, addons={"disk": 1}, period_months=3)
