"""Quotes of changes: another tariff plan by each policy, more and less of an addon."""

from datetime import date
from typing import Any

import msgspec
import pytest
from sqlalchemy.orm import Session
from tests.addons import DISK, monthly
from tests.factories import Shop, open_one, renew, run_newest, sell_under, with_plan

from billing_hookspecs import InvalidInputError, Money, Period
from billing_kernel.application.changing import (
    ChangeTariff,
    NotChangeableError,
    quote_addon_change,
    quote_tariff_change,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.addons import AddonPrice
from billing_kernel.domain.derivations import PolicyObjectsError
from billing_kernel.domain.paid import read_paid
from billing_kernel.domain.repricing import ChangeImpossibleError, PricedChange
from billing_kernel.domain.states import ServiceState
from billing_kernel.domain.tariffs import PriceTerm, TariffPolicies
from billing_kernel.models import Service

EXPIRES = date(2026, 2, 28)
HALFWAY = date(2026, 2, 14)
"""14 of the 28 days of the period that began on January 31st are left."""


def sold(kernel: Kernel, shop: Shop, price: int = 2800, **policies: dict[str, Any]) -> int:
    """A service at this price for the 28 days until the end of February."""
    prices = (PriceTerm(1, Money(price, "RUB")), PriceTerm(3, Money(3 * price, "RUB")))
    sell_under(kernel, shop, prices=prices, policies=TariffPolicies(**policies))
    return open_one(kernel, shop, addons={"disk": 20})


def quoted(
    kernel: Kernel, service_id: int, plan: Shop, day: date = HALFWAY, months: int | None = None
) -> PricedChange:
    with kernel.database.reading() as session:
        service = session.get_one(Service, service_id)
        command = ChangeTariff(plan.plan.id, months)
        return quote_tariff_change(session, kernel, service, command, as_of=day)


def addons(
    kernel: Kernel, service_id: int, wanted: dict[str, Any], day: date = HALFWAY
) -> PricedChange:
    with kernel.database.reading() as session:
        service = session.get_one(Service, service_id)
        return quote_addon_change(session, kernel, service, wanted, as_of=day)


def totals(change: PricedChange) -> list[tuple[str, int]]:
    return [(line.kind, line.net.amount_minor) for line in change.lines]


# A service at 2800 with 10 GiB more at 200 was paid 3000. The other tariff has no disk: what it
# is left with costs 100 a day, and 10 GiB end. From February 14th a month has 28 days.


@pytest.mark.parametrize(
    ("policy", "new_price", "amount", "expires_on"),
    [
        pytest.param("refund_difference", 5600, 1400, EXPIRES, id="AT-38-dearer"),
        pytest.param("refund_difference", 1400, -700, EXPIRES, id="AT-38-cheaper"),
        pytest.param("charge_only", 5600, 1400, EXPIRES, id="AT-40-dearer"),
        pytest.param("charge_only", 1400, 0, EXPIRES, id="AT-40-cheaper"),
        pytest.param("change_period", 5600, 0, date(2026, 2, 21), id="AT-37-dearer"),
        pytest.param("change_period", 1400, 0, date(2026, 3, 14), id="AT-37-cheaper"),
        pytest.param("full_payment", 5600, 5600, date(2026, 3, 14), id="AT-41-from-today"),
    ],
)
def test_each_policy_prices_the_way_to_another_tariff(
    kernel: Kernel, shop: Shop, policy: str, new_price: int, amount: int, expires_on: date
) -> None:
    """14 days are left of 28; the addon that the other tariff lacks is given back apart."""
    service_id = sold(kernel, shop, tariff_change={"policy": policy})
    change = quoted(kernel, service_id, with_plan(kernel, shop, new_price))
    assert totals(change) == [("change", amount), ("refund", -100)]
    assert change.expires_on == expires_on
    assert change.addons == {}


def test_full_payment_may_begin_where_the_paid_period_ends(kernel: Kernel, shop: Shop) -> None:
    """AT-42: nothing of what was paid is forfeited; the new period follows."""
    policy = {"policy": "full_payment", "renew_from": "expiration_date"}
    service_id = sold(kernel, shop, tariff_change=policy)
    change = quoted(kernel, service_id, with_plan(kernel, shop, 5600))
    assert totals(change)[0] == ("change", 5600)
    assert (change.restarts_on, change.expires_on) == (EXPIRES, date(2026, 3, 31))


def test_a_forbidden_change_says_so(kernel: Kernel, shop: Shop) -> None:
    """AT-39: the present tariff's policy decides, not the new one's."""
    service_id = sold(kernel, shop, tariff_change={"policy": "forbidden"})
    with pytest.raises(PolicyObjectsError, match="can't be changed"):
        quoted(kernel, service_id, with_plan(kernel, shop, 5600))


def test_addons_that_both_tariffs_have_keep_their_amount(kernel: Kernel, shop: Shop) -> None:
    """They are priced within the change's one line, by the new tariff's prices."""
    service_id = sold(kernel, shop, tariff_change={"policy": "refund_difference"})
    other = with_plan(kernel, shop, 2800)
    cramped = msgspec.structs.replace(DISK, included=10, max=15, prices=monthly(40))
    sell_under(kernel, other, addons=(cramped,))
    change = quoted(kernel, service_id, other)
    assert change.addons == {"disk": 15}
    # 2800 + 5 GiB at 40 for the same days that 2800 + 10 GiB at 20 were paid for: no difference.
    assert totals(change) == [("change", 0)]


def test_the_way_back_from_a_downgrade_without_refund_is_free(kernel: Kernel, shop: Shop) -> None:
    """What is recorded as paid after the downgrade names the tariff that was left."""
    service_id = sold(kernel, shop, tariff_change={"policy": "charge_only"})
    change = quoted(kernel, service_id, with_plan(kernel, shop, 1400))
    assert change.paid is not None
    assert change.paid.way_back_plan_id == shop.plan.id
    dearer = quoted(kernel, service_id, with_plan(kernel, shop, 9000))
    assert dearer.paid is not None
    assert dearer.paid.way_back_plan_id is None


def test_impossible_changes_say_why(kernel: Kernel, shop: Shop) -> None:
    """To itself, or of a service that isn't running."""
    service_id = sold(kernel, shop)
    with pytest.raises(ChangeImpossibleError, match="already"):
        quoted(kernel, service_id, shop)

    def suspend(session: Session) -> None:
        session.get_one(Service, service_id).status = ServiceState.FAILED

    kernel.database.run(suspend)
    with pytest.raises(NotChangeableError, match="is failed"):
        quoted(kernel, service_id, with_plan(kernel, shop, 5600))


@pytest.mark.parametrize(
    ("policy", "amount"),
    [
        pytest.param("until_expiration", 100, id="AT-43-until-the-end"),
        pytest.param("full_period", 200, id="AT-44-in-full"),
    ],
)
def test_more_of_an_addon_is_paid_by_policy(
    kernel: Kernel, shop: Shop, policy: str, amount: int
) -> None:
    """10 GiB more at 20 a month, half a month before it ends."""
    service_id = sold(kernel, shop, addon_order={"policy": policy})
    change = addons(kernel, service_id, {"disk": 30})
    assert totals(change) == [("addon", amount)]
    assert change.addons == {"disk": 30, "backup": False}
    assert change.expires_on == EXPIRES
    assert change.paid is not None
    assert change.paid.addons["disk"] == Money(400, "RUB")


def test_the_period_last_paid_decides_what_an_addon_costs(kernel: Kernel, shop: Shop) -> None:
    """AT-45: after a renewal for three months an addon is charged for three months."""
    service_id = sold(kernel, shop, addon_order={"policy": "full_period"})
    renew(kernel, shop, service_id, 3)
    run_newest(kernel, service_id)
    change = addons(kernel, service_id, {"disk": 30}, date(2026, 5, 1))
    assert totals(change) == [("addon", 600)]


@pytest.mark.parametrize(
    ("policy", "amount"),
    [
        pytest.param("until_expiration", 100 + 450, id="each-by-its-own-price"),
        pytest.param("full_period", 450, id="AT-45-the-period-last-paid"),
    ],
)
def test_more_of_an_addon_over_periods_that_were_paid_ahead(
    kernel: Kernel, shop: Shop, policy: str, amount: int
) -> None:
    """14 of 28 days at 20 a GiB, and three months at 45: 10 GiB cost 100 and 450."""
    prices = (*monthly(20, (1,)), AddonPrice(3, Money(45, "RUB")))
    sell_under(kernel, shop, addons=(msgspec.structs.replace(DISK, prices=prices),))
    service_id = sold(kernel, shop, addon_order={"policy": policy})
    renew(kernel, shop, service_id, 3)
    run_newest(kernel, service_id)
    change = addons(kernel, service_id, {"disk": 30})
    assert totals(change) == [("addon", amount)]
    assert change.lines[0].period == Period(HALFWAY, date(2026, 5, 31))


@pytest.mark.parametrize(
    ("policy", "lines"), [("refund", [("refund", -100)]), ("no_refund", [("refund", 0)])]
)
def test_less_of_an_addon_returns_by_policy(
    kernel: Kernel, shop: Shop, policy: str, lines: list[tuple[str, int]]
) -> None:
    """AT-46: half of the 200 that were paid for 10 GiB, or nothing."""
    service_id = sold(kernel, shop, addon_cancellation={"policy": policy})
    assert totals(addons(kernel, service_id, {"disk": 10})) == lines


def test_other_values_and_switches_are_priced_by_their_difference(
    kernel: Kernel, shop: Shop
) -> None:
    """From no panel to Pro at 900 and backups at 100: half of each for half the month."""
    service_id = sold(kernel, shop)
    change = addons(kernel, service_id, {"panel": 12, "backup": True})
    assert totals(change) == [("addon", 450), ("addon", 50)]


def test_never_more_returns_than_was_paid(kernel: Kernel, shop: Shop) -> None:
    """Where the addon was cheaper than its list price, the rest isn't made up."""
    service_id = sold(kernel, shop)

    def was_a_gift(session: Session) -> None:
        service = session.get_one(Service, service_id)
        paid = read_paid(service.paid)
        assert paid is not None
        service.paid = {**(service.paid or {}), "addons": {}}

    kernel.database.run(was_a_gift)
    assert totals(addons(kernel, service_id, {"disk": 10})) == []


def test_an_unknown_addon_is_named(kernel: Kernel, shop: Shop) -> None:
    """A typing error must not look like a free change."""
    service_id = sold(kernel, shop)
    with pytest.raises(InvalidInputError) as refusal:
        addons(kernel, service_id, {"dsik": 30})
    assert [error.pointer for error in refusal.value.errors] == ["/addons/dsik"]


def test_a_quote_changes_nothing(kernel: Kernel, shop: Shop) -> None:
    """Asking is free: the same question has the same answer afterwards."""
    service_id = sold(kernel, shop)
    other = with_plan(kernel, shop, 5600)
    first = quoted(kernel, service_id, other)
    assert first == quoted(kernel, service_id, other)
