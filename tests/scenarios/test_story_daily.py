"""A service that is charged day by day: into debt over a weekend, stopped, paid, and on again."""

from collections.abc import Callable

from tests.stories import Story


def test_day_by_day_into_debt_and_back(begin: Callable[..., Story]) -> None:
    """1.00 a day and 19 % tax: 1.19, whatever the month and the order's period.

    | January 2026 | | Balance |
    | Mon 5th | 6.00 come; the first day                               | 4.81 |
    | Fri 9th | four more days                                         | 0.05 |
    | Sat 10th, Sun 11th | no money; served, because it is a weekend   | 0.05 |
    | Mon 12th | stopped                                               | 0.05 |
    | Thu 15th | 2.00 come: the 10th is paid, the rest stays owed      | 0.86 |
    |          | 9.00 come: the 11th, started again, the 15th          | 7.48 |
    | Sun 18th | three days; the client stops it                       | 3.91 |
    | Tue 20th | and starts it again: the 19th is free                 | 2.72 |
    | Thu 22nd | two days                                              | 0.34 |
    | Fri 23rd | stopped                                               | 0.34 |
    | Fri 30th | seven days after the first one that wasn't paid: gone | 0.34 |

    5 + 2 + 4 + 3 days: fourteen at 1.19 are 16.66, of 17.00.
    """
    story = begin("2026-01-05", tax={"policy": "standard"})
    rate = {"country": "DE", "rate": "0.19", "valid_from": "2020-01-01"}
    story.administrator.done("POST", "/admin/tax-rates", rate)
    plan = story.sell(
        charging={"policy": "daily", "price": story.money(100), "clients_may_suspend": True},
        prices=[story.price(1, 3000)],
        policies={"weekend_suspension": {"policy": "keep"}},
        auto_deletion_days=7,
    )
    story.top_up(600)
    service_id = story.buy(plan)
    assert (story.stands(service_id), story.balance()) == (("active", None), 481)
    story.travel_to("2026-01-09")
    assert story.balance() == 5
    story.travel_to("2026-01-11")
    assert (story.stands(service_id), story.balance()) == (("active", None), 5)
    story.travel_to("2026-01-12")
    assert story.stands(service_id)[0] == "suspended"
    story.travel_to("2026-01-15")
    story.top_up(200)
    assert (story.stands(service_id)[0], story.balance()) == ("suspended", 86)
    story.top_up(900)
    assert (story.stands(service_id)[0], story.balance()) == ("active", 748)
    story.travel_to("2026-01-18")
    story.client.done("POST", f"/services/{service_id}/suspend")
    story.wait()
    assert (story.stands(service_id)[0], story.balance()) == ("suspended", 391)
    story.travel_to("2026-01-20")
    assert (story.stands(service_id)[0], story.balance()) == ("suspended", 391)
    story.client.done("POST", f"/services/{service_id}/resume")
    story.wait()
    assert (story.stands(service_id)[0], story.balance()) == ("active", 272)
    story.travel_to("2026-01-22")
    assert (story.stands(service_id)[0], story.balance()) == ("active", 34)
    for day, status in (("23", "suspended"), ("29", "suspended"), ("30", "deleted")):
        story.travel_to(f"2026-01-{day}")
        assert (story.stands(service_id)[0], story.balance()) == (status, 34)
    assert story.totals() == [119]
    assert story.daily_charges() == [119] * 13
    unserved = (("2026-01-12", "2026-01-15"), ("2026-01-19", "2026-01-20"))
    story.ends({service_id: "2026-01-23"}, unserved=unserved)
