"""Charging by calendar months: every edge of the pro-rata day, and the renewals after it."""

from collections.abc import Callable

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

CALENDAR = {"policy": "calendar", "pro_rata_day": 15}

EDGES = (
    # ordered on, until, cents: the part of the month, and a whole one from the 15th on
    ("2026-07-12", "2026-08-01", 2000),  # 20/31 of 31.00
    ("2026-07-14", "2026-08-01", 1800),  # 18/31: the day before
    ("2026-07-15", "2026-09-01", 4800),  # 17/31 and a month: on the day
    ("2026-07-17", "2026-09-01", 4600),  # 15/31 and a month: after it
    ("2026-08-01", "2026-09-01", 3100),  # 31/31: the first of a month
    ("2026-08-31", "2026-10-01", 3200),  # 1/31 and a month: the 31st
    ("2026-12-15", "2027-02-01", 4800),  # 17/31 and a month: over the end of the year
    ("2027-01-31", "2027-03-01", 3200),  # 1/31 and a month, though February has 28 days
    ("2027-02-14", "2027-03-01", 1661),  # 15/28: 16.6071
    ("2027-02-15", "2027-04-01", 4650),  # 14/28 and a month
)


def test_each_edge_of_the_pro_rata_day(begin: Callable[..., Story]) -> None:
    """31.00 a month and a pro-rata day of 15; services are ordered one after the other.

    The ten cost 20.00 + 18.00 + 48.00 + 46.00 + 31.00 + 32.00 + 48.00 + 32.00 + 16.61 + 46.50 =
    338.11. The first one renews itself on the 1st of August to March, eight months at 31.00:
    248.00. So 13.89 of 600.00 are left. The others are deleted once they have expired.
    """
    story = begin("2026-07-12")
    story.top_up(60_000)
    plan = story.sell(3100, charging=CALENDAR, auto_deletion_days=0)
    sold = {}
    for day, until, amount_minor in EDGES:
        story.travel_to(day)
        service_id = story.buy(plan, auto_renewal=not sold)
        assert story.stands(service_id) == ("active", until), day
        assert story.totals("order")[-1] == amount_minor, day
        sold[service_id] = until
    story.travel_to("2027-03-02")
    first = min(sold)
    assert story.stands(first) == ("active", "2027-04-01")
    assert story.service(first + 1)["status"] == "deleted"
    assert story.totals("renewal") == [3100] * 8
    assert story.balance() == 1389
    story.ends(sold | {first: "2027-04-01"})


def test_three_months_and_a_late_renewal(begin: Callable[..., Story]) -> None:
    """Shares of three months; whoever is late is priced as a new order.

    90.00 for three months, on December 15th: (17/31 + 3) / 3 of it are 106.4516, so 106.45, and it
    lasts until April 1st. Renewed on April 20th, after the pro-rata day, for three months: (11/30
    + 3) / 3 of 90.00 are 101.00, until August 1st. The next renewal, early, is 90.00 exactly,
    until November 1st. Nobody paid for April 1st to 20th.
    """
    story = begin("2026-12-15")
    story.top_up(30_000)
    plan = story.sell(prices=[story.price(3, 9000)], charging=CALENDAR)
    service_id = story.buy(plan, 3)
    assert story.stands(service_id) == ("active", "2027-04-01")
    story.travel_to("2027-04-20")
    assert story.stands(service_id) == ("suspended", "2027-04-01")
    story.renew(service_id, 3)
    assert story.stands(service_id) == ("active", "2027-08-01")
    story.renew(service_id, 3)
    assert story.stands(service_id) == ("active", "2027-11-01")
    assert story.totals() == [10_645, 10_100, 9000]
    assert story.balance() == 255
    story.ends({service_id: "2027-11-01"}, unserved=(("2027-04-01", "2027-04-20"),))


def test_another_tariff_from_the_first_of_a_month_costs_a_month(
    begin: Callable[..., Story],
) -> None:
    """Paid in full from the day of expiry: what is left of today's month is not the question.

    31.00 for July. On July 14th another tariff from August 1st on: 31.00, and not 18/31 of it. On
    August 30th back to the first one from September 1st on: 31.00, and not 2/31 more.
    """
    story = begin("2026-07-01")
    story.top_up(10_000)
    from_expiry = {"policy": "full_payment", "renew_from": "expiration_date"}
    first, other = (
        story.sell(3100, charging=CALENDAR, policies={"tariff_change": from_expiry})
        for _ in range(2)
    )
    service_id = story.buy(first)
    story.travel_to("2026-07-14")
    story.change(service_id, "tariff", tariff_plan_id=other)
    assert story.stands(service_id) == ("active", "2026-09-01")
    story.travel_to("2026-08-30")
    story.change(service_id, "tariff", tariff_plan_id=first)
    assert story.stands(service_id) == ("active", "2026-10-01")
    assert story.totals() == [3100, 3100, 3100]
    assert story.balance() == 700
    story.ends({service_id: "2026-10-01"})
