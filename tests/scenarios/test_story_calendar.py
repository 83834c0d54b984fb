"""Charging by calendar months: every edge of the pro-rata day, and the renewals after it."""

from collections.abc import Callable

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

CALENDAR = {"policy": "calendar", "pro_rata_day": 15}

Edge = tuple[str, str, int]
"""Ordered on, until, cents: the part of the month, and a whole one from the 15th on."""

SUMMER: tuple[Edge, ...] = (
    ("2026-07-12", "2026-08-01", 2000),  # 20/31 of 31.00
    ("2026-07-14", "2026-08-01", 1800),  # 18/31: the day before
    ("2026-07-15", "2026-09-01", 4800),  # 17/31 and a month: on the day
    ("2026-07-17", "2026-09-01", 4600),  # 15/31 and a month: after it
    ("2026-08-01", "2026-09-01", 3100),  # 31/31: the first of a month
    ("2026-08-31", "2026-10-01", 3200),  # 1/31 and a month: the 31st
)
"""20.00 + 18.00 + 48.00 + 46.00 + 31.00 + 32.00 = 195.00; with two renewals at 31.00: 257.00."""

WINTER: tuple[Edge, ...] = (
    ("2026-12-15", "2027-02-01", 4800),  # 17/31 and a month: over the end of the year
    ("2027-01-31", "2027-03-01", 3200),  # 1/31 and a month, though February has 28 days
    ("2027-02-14", "2027-03-01", 1661),  # 15/28: 16.6071
    ("2027-02-15", "2027-04-01", 4650),  # 14/28 and a month
)
"""48.00 + 32.00 + 16.61 + 46.50 = 143.11; with two renewals at 31.00: 205.11."""


@pytest.mark.parametrize(
    ("edges", "seen_on", "renewed_until", "left"),
    [
        pytest.param(SUMMER, "2026-09-02", "2026-10-01", 4300, id="summer"),
        pytest.param(WINTER, "2027-03-02", "2027-04-01", 9489, id="winter"),
    ],
)
def test_each_edge_of_the_pro_rata_day(
    begin: Callable[..., Story],
    edges: tuple[Edge, ...],
    seen_on: str,
    renewed_until: str,
    left: int,
) -> None:
    """31.00 a month and a pro-rata day of 15; services are ordered one after the other, of 300.00.

    The first one renews itself on the first of two months, for exactly the price. The others are
    deleted once they have expired.
    """
    story = begin(edges[0][0])
    story.top_up(30_000)
    plan = story.sell(3100, charging=CALENDAR, auto_deletion_days=0)
    sold = {}
    for day, until, amount_minor in edges:
        story.travel_to(day)
        service_id = story.buy(plan, auto_renewal=not sold)
        assert story.stands(service_id) == ("active", until), day
        assert story.totals("order")[-1] == amount_minor, day
        sold[service_id] = until
    story.travel_to(seen_on)
    first = min(sold)
    assert story.stands(first) == ("active", renewed_until)
    assert story.totals("renewal") == [3100, 3100]
    assert story.balance() == left
    story.ends(sold | {first: renewed_until})


def test_three_months_and_a_late_renewal(begin: Callable[..., Story]) -> None:
    """Shares of three months; whoever is late is priced as a new order.

    90.00 for three months, on December 15th: (17/31 + 3) / 3 of it are 106.4516, so 106.45, and it
    lasts until April 1st. Renewed on April 3rd, before the pro-rata day, for three months: (28/30
    + 2) / 3 of 90.00 are 88.00, until July 1st. The next renewal, early, is 90.00 exactly, until
    October 1st. Nobody paid for April 1st and 2nd.
    """
    story = begin("2026-12-15")
    story.top_up(30_000)
    plan = story.sell(prices=[story.price(3, 9000)], charging=CALENDAR)
    service_id = story.buy(plan, 3)
    assert story.stands(service_id) == ("active", "2027-04-01")
    story.travel_to("2027-04-03")
    assert story.stands(service_id) == ("suspended", "2027-04-01")
    story.renew(service_id, 3)
    assert story.stands(service_id) == ("active", "2027-07-01")
    story.renew(service_id, 3)
    assert story.stands(service_id) == ("active", "2027-10-01")
    assert story.totals() == [10_645, 8800, 9000]
    assert story.balance() == 1555
    story.ends({service_id: "2027-10-01"}, unserved=(("2027-04-01", "2027-04-03"),))


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
