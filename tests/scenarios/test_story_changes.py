"""A service that goes up, down, gets more and less, and part of its money back."""

from collections.abc import Callable

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def tariffs(story: Story, policy: str, **said: object) -> tuple[int, int]:
    """A plan at 30.00 a month and one at 60.00, left by this policy; VAT at 19 % on top.

    Of both, a MiB beyond 1024 is 0.01 a month.
    """
    rate = {"country": "DE", "rate": "0.19", "valid_from": "2020-01-01"}
    story.administrator.done("POST", "/admin/tax-rates", rate)
    small, big = (
        story.sell(price, policies={"tariff_change": {"policy": policy, **said}})
        for price in (3000, 6000)
    )
    disk = {
        "resource_type": "disk_space",
        **{"included": 1024, "default": 1024, "min": 1024, "max": 10240, "step": 1024},
        "prices": [story.price(1, 1)],
    }
    for plan in (small, big):
        story.administrator.done("POST", f"/admin/tariff-plans/{plan}/addons", disk)
    return small, big


def test_up_more_less_down_and_a_refund(begin: Callable[..., Story]) -> None:
    """The difference is paid or returned, to the day, with its tax, in one life of a service.

    | June | | Net | Tax | Total |
    | 1st  | 30.00 for June, 1.00 a day          | 30.00 | 5.70 | 35.70 |
    | 11th | up: 20 days at 1.00 more            | 20.00 | 3.80 | 23.80 |
    | 16th | 1024 MiB more: 15 of 30 days        |  5.12 | 0.97 |  6.09 |
    | 21st | and less: 10 of 30 days of 10.24    | -3.41 |-0.65 | -4.06 |
    | 26th | down: 5 days at 1.00 less           | -5.00 |-0.95 | -5.95 |
    | July 1st | the renewal                     | 30.00 | 5.70 | 35.70 |
    | July 2nd | 5.00 of it for a bad day        | -4.20 |-0.80 | -5.00 |

    10.24 x 10/30 = 3.4133, its tax 0.6479; 5.00 x 30.00/35.70 = 4.2017. What returns is taken from
    the newest invoice that bought the days: the 4.06 from the one of the disk, the 5.95 from the
    one of the way up. In all 86.28 of 100.00.
    """
    story = begin("2026-06-01", tax={"policy": "standard"})
    small, big = tariffs(story, "refund_difference")
    story.top_up(10_000)
    service_id = story.buy(small, auto_renewal=True)
    assert story.service(service_id)["addons"] == {"disk_space": 1024}
    story.travel_to("2026-06-11")
    story.change(service_id, "tariff", tariff_plan_id=big)
    story.travel_to("2026-06-16")
    story.change(service_id, "addons", addons={"disk_space": 2048})
    story.travel_to("2026-06-21")
    story.change(service_id, "addons", addons={"disk_space": 1024})
    story.travel_to("2026-06-26")
    story.change(service_id, "tariff", tariff_plan_id=small)
    story.travel_to("2026-07-02")
    assert story.stands(service_id) == ("active", "2026-08-01")
    renewal = story.invoices("renewal")[-1]
    payments = story.administrator.every(f"/admin/payments?invoice_id={renewal['id']}")
    refund = {"amount": story.money(500), "to": "balance", "reason": "A bad day"}
    story.administrator.done("POST", f"/admin/payments/{payments[0]['id']}/refunds", refund)
    assert [story.totals(kind) for kind in ("order", "change", "renewal")] == [
        [3570], [2380, 609], [3570]
    ]  # fmt: skip
    amounts = [
        (note["net"]["amount_minor"], note["tax"]["amount_minor"])
        for note in story.invoices("credit_note")
    ]
    assert amounts == [(-341, -65), (-500, -95), (-420, -80)]
    assert story.balance() == 1372
    story.ends({service_id: "2026-08-01"})


def test_what_is_left_buys_other_days(begin: Callable[..., Story]) -> None:
    """Dearer ends sooner, cheaper later; what is less than a day returns with its tax.

    June 1st: 30.00, with tax 35.70. On the 16th 15.00 are left: 7 days at 2.00, until the 23rd,
    and 1.00 returns, with tax 1.19. The renewal of June 23rd: 60.00, with tax 71.40, until July
    23rd. On the 30th 23 days at 2.00 are left, 46.00: 46 days at 1.00, until August 15th, and
    nothing returns. 120.00 - 35.70 + 1.19 - 71.40 = 14.09.
    """
    story = begin("2026-06-01", tax={"policy": "standard"})
    small, big = tariffs(story, "change_period")
    story.top_up(12_000)
    service_id = story.buy(small, auto_renewal=True)
    story.travel_to("2026-06-16")
    story.change(service_id, "tariff", tariff_plan_id=big)
    assert story.stands(service_id) == ("active", "2026-06-23")
    story.travel_to("2026-06-30")
    assert story.stands(service_id) == ("active", "2026-07-23")
    story.change(service_id, "tariff", tariff_plan_id=small)
    assert story.stands(service_id) == ("active", "2026-08-15")
    assert story.totals() == [3570, -119, 7140]
    assert story.balance() == 1409
    story.ends({service_id: "2026-08-15"})


def test_down_for_nothing_and_free_back(begin: Callable[..., Story]) -> None:
    """Nobody gets anything for going down, and nobody pays twice for going back up.

    June 1st: 60.00, with tax 71.40. Down on the 11th and up on the 16th cost nothing. Down once
    more on the 21st; the renewal of July 1st costs 30.00, with tax 35.70. From then on up
    costs: on July 2nd 30 days are left, and the new tariff's month would be 31 days, until August
    2nd. Paid were 30.00 for 31 days. 30 x (60/31 - 30/31) = 29.0323, so 29.03, with tax 5.5157:
    34.55. 160.00 - 71.40 - 35.70 - 34.55 = 18.35.
    """
    story = begin("2026-06-01", tax={"policy": "standard"})
    small, big = tariffs(story, "charge_only")
    story.top_up(16_000)
    service_id = story.buy(big, auto_renewal=True)
    for day, plan in (("2026-06-11", small), ("2026-06-16", big), ("2026-06-21", small)):
        story.travel_to(day)
        assert "invoice" not in story.change(service_id, "tariff", tariff_plan_id=plan)
        assert story.stands(service_id) == ("active", "2026-07-01")
    story.travel_to("2026-07-02")
    story.change(service_id, "tariff", tariff_plan_id=big)
    assert story.stands(service_id) == ("active", "2026-08-01")
    assert story.totals() == [7140, 3570, 3455]
    assert story.balance() == 1835
    story.ends({service_id: "2026-08-01"})


@pytest.mark.parametrize(
    ("renew_from", "until"),
    [("current_date", "2026-07-16"), ("expiration_date", "2026-08-01")],
)
def test_the_new_tariff_in_full(begin: Callable[..., Story], renew_from: str, until: str) -> None:
    """A new period from today, the rest of the old one lost, or from the day that it ends.

    June 1st: 30.00, with tax 35.70. On the 16th 60.00, with tax 71.40, for the month to July
    16th, or for the one from July 1st to August 1st. A renewal is 71.40 again, for the
    month after that: 180.00 - 35.70 - 2 x 71.40 = 1.50.
    """
    story = begin("2026-06-01", tax={"policy": "standard"})
    small, big = tariffs(story, "full_payment", renew_from=renew_from)
    story.top_up(18_000)
    service_id = story.buy(small)
    story.travel_to("2026-06-16")
    story.change(service_id, "tariff", tariff_plan_id=big)
    assert story.stands(service_id) == ("active", until)
    story.renew(service_id)
    later = until.replace("-08-", "-09-").replace("-07-", "-08-")
    assert story.stands(service_id) == ("active", later)
    assert story.totals() == [3570, 7140, 7140]
    assert story.balance() == 150
    story.ends({service_id: later})


def test_periods_paid_ahead_are_worth_what_was_paid_for_them(begin: Callable[..., Story]) -> None:
    """Three years at half the price, a dear month after them: the month isn't the price of all.

    540.00 for June 1st, 2026 to 2029, 1096 days, and 30.00 for the 30 days until July 1st, 2029.
    The same day down to 15.00 a month, 0.50 a day: 1126 days cost 563.00, so 7.00 of 570.00
    return, of the month's invoice, and 437.00 of 1000.00 are left.
    """
    story = begin("2026-06-01")
    policies = {"tariff_change": {"policy": "refund_difference"}}
    big, small = (
        story.sell(prices=[story.price(1, price), story.price(36, 18 * price)], policies=policies)
        for price in (3000, 1500)
    )
    story.top_up(100_000)
    service_id = story.buy(big, 36)
    story.renew(service_id, 1)
    story.change(service_id, "tariff", tariff_plan_id=small)
    assert story.stands(service_id) == ("active", "2029-07-01")
    assert story.totals() == [54_000, 3000, -700]
    assert story.balance() == 43_700
    story.ends({service_id: "2029-07-01"})


def test_a_period_paid_in_full_counts_from_where_it_begins(begin: Callable[..., Story]) -> None:
    """Nobody gets dear days back that were paid as cheap ones.

    June 1st: 30.00. On the 16th 60.00 for the new tariff's month from July 1st to August 1st, and
    at once. On the 26th back: 5 days at 1.00 and July's 60.00 are left, 65.00; 36 days at 1.00
    are needed, so 29.00 return. In all 61.00 for 61 days: 39.00 of 100.00 are left.
    """
    story = begin("2026-06-01")
    from_expiry = {"policy": "full_payment", "renew_from": "expiration_date"}
    small = story.sell(3000, policies={"tariff_change": from_expiry})
    big = story.sell(6000, policies={"tariff_change": {"policy": "refund_difference"}})
    story.top_up(10_000)
    service_id = story.buy(small)
    story.travel_to("2026-06-16")
    story.change(service_id, "tariff", tariff_plan_id=big)
    story.travel_to("2026-06-26")
    story.change(service_id, "tariff", tariff_plan_id=small)
    assert story.stands(service_id) == ("active", "2026-08-01")
    assert story.totals() == [3000, 6000, -2900]
    assert story.balance() == 3900
    story.ends({service_id: "2026-08-01"})
