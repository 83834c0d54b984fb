"""Renewed too late: what each policy charges, and the days that nobody paid for."""

from collections.abc import Callable

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

FEES = (
    {"policy": "none"},
    {"policy": "fixed", "amount": {"amount_minor": 100, "currency": "EUR"}},
    {"policy": "percent", "percent": "50"},
    {"policy": "from_suspension_date"},
)


def test_four_days_late_by_each_policy(begin: Callable[..., Story]) -> None:
    """AT-33 and AT-34, on services at 0.10 a day.

    Three months at 9.20 and four single ones at 3.10 end on September 1st and are renewed on the
    5th, all of them for a month: five started days, 0.50. Half of it is 0.25, for the three months
    as well. 3.10, 4.10, 3.35, 3.10 and 3.35: 17.00. With 9.20 and four times 3.10 that is 38.60 of
    40.00.
    """
    story = begin("2026-06-01")
    story.top_up(4000)
    prices = [story.price(1, 310), story.price(3, 920)]
    plans = [story.sell(prices=prices, policies={"late_renewal_fee": fee}) for fee in FEES]
    for_three_months = story.buy(plans[2], 3)
    story.travel_to("2026-08-01")
    none, fixed, percent, from_suspension = (story.buy(plan) for plan in plans)
    late = (none, fixed, percent, from_suspension, for_three_months)
    story.travel_to("2026-09-05")
    assert {story.stands(each) for each in late} == {("suspended", "2026-09-01")}
    assert [story.renew(each)["total"]["amount_minor"] for each in late] == [
        310, 410, 335, 310, 335
    ]  # fmt: skip
    assert [story.stands(each) for each in late] == [
        ("active", "2026-10-05"),
        ("active", "2026-10-05"),
        ("active", "2026-10-05"),
        ("active", "2026-10-01"),
        ("active", "2026-10-05"),
    ]
    assert story.balance() == 140
    gap = ("2026-09-01", "2026-09-05")
    paying_from_today = dict.fromkeys((none, fixed, percent, for_three_months), "2026-10-05")
    story.ends(paying_from_today, unserved=(gap,))
    story.ends({from_suspension: "2026-10-01"})


def test_the_new_month_begins_where_the_old_one_ended(begin: Callable[..., Story]) -> None:
    """AT-34: expired August 3rd, renewed August 15th: until September 3rd, not the 15th.

    3.10 for July and 3.10 for August: 0.80 of 7.00 are left.
    """
    story = begin("2026-07-03")
    story.top_up(700)
    policies = {"late_renewal_fee": {"policy": "from_suspension_date"}}
    service_id = story.buy(story.sell(310, policies=policies))
    story.travel_to("2026-08-15")
    story.renew(service_id)
    assert story.stands(service_id) == ("active", "2026-09-03")
    assert story.totals() == [310, 310]
    assert story.balance() == 80
    story.ends({service_id: "2026-09-03"})


def test_kept_over_a_weekend(begin: Callable[..., Story]) -> None:
    """AT-36: expired on Saturday, September 5th; stopped on Monday; renewed on Wednesday.

    0.10 a day, five days late, two of them served. Nothing: 3.10. Fixed: 1.00 and 2 x 0.10, so
    4.30. Half: of 3 x 0.10, and 2 x 0.10, so 3.45. From the day of expiry: 3.10. A fifth one says
    that its product type keeps it, which does: 3.10. With 5 x 3.10 for August: 32.55.
    """
    story = begin("2026-08-05")
    story.top_up(3300)
    path = "/admin/product-types/shared_hosting"
    story.administrator.done("PATCH", path, {"weekend_suspension": False})
    keep = {"weekend_suspension": {"policy": "keep"}}
    plans = [story.sell(310, policies={"late_renewal_fee": fee, **keep}) for fee in FEES]
    by_type = {"weekend_suspension": {"policy": "product_type"}}
    plans.append(story.sell(310, policies=by_type))
    late = [story.buy(plan) for plan in plans]
    for weekend in ("2026-09-05", "2026-09-06"):
        story.travel_to(weekend)
        assert {story.stands(each) for each in late} == {("active", "2026-09-05")}
    story.travel_to("2026-09-07")
    assert {story.stands(each)[0] for each in late} == {"suspended"}
    story.travel_to("2026-09-09")
    assert [story.renew(each)["total"]["amount_minor"] for each in late] == [
        310, 430, 345, 310, 310
    ]  # fmt: skip
    assert story.balance() == 45
    gap = ("2026-09-05", "2026-09-09")
    none, fixed, percent, from_suspension, kept_by_type = late
    paying_from_today = dict.fromkeys((none, fixed, percent, kept_by_type), "2026-10-09")
    story.ends(paying_from_today, unserved=(gap,))
    story.ends({from_suspension: "2026-10-05"})


def test_another_tariff_plan_is_no_way_around_the_fee(begin: Callable[..., Story]) -> None:
    """Five days late at half of 0.50: 0.25, whatever is changed before; 3.35 for the month."""
    story = begin("2026-08-01")
    story.top_up(1000)
    half = {"policy": "percent", "percent": "50"}
    plan = story.sell(310, policies={"late_renewal_fee": half})
    other = story.sell(310, policies={"tariff_change": {"policy": "change_period"}})
    service_id = story.buy(plan)
    story.travel_to("2026-09-05")
    refused = story.client.send(
        "POST",
        f"/services/{service_id}/change-tariff",
        {"tariff_plan_id": other, "pay_with": {"balance": True}},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "service.expired")
    assert story.renew(service_id)["total"]["amount_minor"] == 335
    story.change(service_id, "tariff", tariff_plan_id=other)
    assert story.stands(service_id) == ("active", "2026-10-05")
