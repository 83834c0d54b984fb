"""Services that are paid by the year, over February 29th."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def test_a_year_from_february_29th_comes_back_to_it(begin: Callable[..., Story]) -> None:
    """The 28th in common years, the 29th again in the next leap year.

    120.00 for the first year and 5.00 once for the setup, then 100.00 for each renewal, the last
    two ahead of time: 125.00 + 3 x 100.00 = 425.00 of 430.00.
    """
    story = begin("2028-02-29")
    story.top_up(43_000)
    prices = [story.price(12, 12_000, renewal_price=story.money(10_000))]
    plan = story.sell(prices=prices, setup_fee=story.money(500))
    service_id = story.buy(plan, 12, auto_renewal=True)
    assert story.stands(service_id) == ("active", "2029-02-28")
    story.travel_to("2029-02-28")
    assert story.stands(service_id) == ("active", "2030-02-28")
    story.renew(service_id, 12)
    story.renew(service_id, 12)
    assert story.stands(service_id) == ("active", "2032-02-29")
    assert story.totals() == [12_500, 10_000, 10_000, 10_000]
    assert story.balance() == 500
    year_ends = ("2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29")
    periods = [(row["start_on"], row["end_on"]) for row in story.billed(service_id)]
    assert periods == list(pairwise(year_ends))
    story.ends({service_id: "2032-02-29"})


def test_a_year_with_a_leap_day_is_divided_by_366(begin: Callable[..., Story]) -> None:
    """A change on February 29th counts the real days of both years.

    366.00 for February 1st, 2028 to 2029 are 1.00 a day; on February 29th 338 days are left. The
    new tariff's year would be 365 days at 732.00, until February 28th, 2029. 338 x (732/365 - 1)
    = 338 x 367/365 = 339.8521, so 339.85. The renewal, ahead of time, costs 732.00.
    """
    story = begin("2028-02-01")
    story.top_up(150_000)
    small, big = (
        story.sell(
            prices=[story.price(12, price)],
            policies={"tariff_change": {"policy": "refund_difference"}},
        )
        for price in (36_600, 73_200)
    )
    service_id = story.buy(small, 12)
    assert story.stands(service_id) == ("active", "2029-02-01")
    story.travel_to("2028-02-29")
    story.change(service_id, "tariff", tariff_plan_id=big)
    assert story.stands(service_id) == ("active", "2029-02-01")
    story.renew(service_id, 12)
    assert story.stands(service_id) == ("active", "2030-02-01")
    assert story.totals() == [36_600, 33_985, 73_200]
    assert story.balance() == 6215
    story.ends({service_id: "2030-02-01"})
