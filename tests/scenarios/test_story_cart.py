"""A client who is reminded in vain, and comes back with a full cart."""

from collections.abc import Callable

import pytest
from tests.stories import BALANCE, Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def test_renewed_changed_and_ordered_by_one_invoice(begin: Callable[..., Story]) -> None:
    """AT-72 and AT-73: a stopped service is renewed, then changed, by the cart that buys another.

    June 1st: 30.00. Reminders 7, 3 and 1 days before July 1st: June 24th, 28th and 30th, each once.
    On July 11th: a month to August 11th, 30.00; from then on 31 days at 60.00 instead of 30.00 a
    month, 31 x (60/31 - 30/31) = 30.00; another service for 30.00. 90.00 by one invoice: 10.00 of
    130.00 are left. Nobody paid for July 1st to 11th.
    """
    story = begin("2026-06-01")
    story.top_up(13_000)
    policies = {"tariff_change": {"policy": "refund_difference"}}
    small, big = (story.sell(price, policies=policies) for price in (3000, 6000))
    service_id = story.buy(small)
    counts = []
    for day in ("2026-06-23", "2026-06-24", "2026-06-28", "2026-06-30"):
        story.travel_to(day)
        counts.append(len(reminders(story)))
    assert counts == [0, 1, 2, 3]
    story.travel_to("2026-07-11")
    assert len(reminders(story)) == 3
    assert story.stands(service_id) == ("suspended", "2026-07-01")

    for item in (
        {"kind": "renewal", "service_id": service_id, "period_months": 1},
        {"kind": "change", "service_id": service_id, "tariff_plan_id": big},
        {"kind": "order", "tariff_plan_id": small, "period_months": 1},
    ):
        assert story.client.done("POST", "/cart/items", item)["removed"] == []
    assert story.client.done("GET", "/cart")["total"] == story.money(9000)
    bought = story.client.done("POST", "/cart/checkout", BALANCE)
    story.wait()
    assert [line["total"]["amount_minor"] for line in bought["invoice"]["lines"]] == [3000] * 3
    assert story.stands(service_id) == ("active", "2026-08-11")
    assert story.service(service_id)["tariff_plan_id"] == big
    [other] = [it["id"] for it in story.client.every("/services") if it["id"] != service_id]
    assert story.stands(other) == ("active", "2026-08-11")
    assert story.totals() == [3000, 9000]
    assert story.balance() == 1000
    story.ends({service_id: "2026-08-11"}, unserved=(("2026-07-01", "2026-07-11"),))
    story.ends({other: "2026-08-11"})


def reminders(story: Story) -> list[str]:
    """The subjects of what the client was told of the expiry, newest first."""
    events = [(each["event"], each["subject"]) for each in story.client.every("/messages")]
    return [subject for event, subject in events if event == "ServiceExpiring"]
