"""Two years of a service that is paid by the month and began on the last day of one."""

from collections.abc import Callable
from itertools import pairwise

from tests.stories import Story

MONTH_ENDS = (
    "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
    "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
    "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30",
    "2027-07-31", "2027-08-31", "2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31",
    "2028-01-31", "2028-02-29", "2028-03-31",
)  # fmt: skip


def test_two_years_by_the_month_from_january_31st(begin: Callable[..., Story]) -> None:
    """Each month ends where it ends, February too, and the tax is that of the invoice's day.

    9.99 a month. With 19 %: 1.8981, rounded 1.90, so 11.89; twelve of them, on January 31st to
    December 31st, 2026, are 142.68. From 2027 on with 21 %: 2.0979, rounded 2.10, so 12.09;
    fourteen of them, on January 31st, 2027 to February 29th, 2028, are 169.26. Together 311.94.
    Of 150.00 the first year leaves 7.32, which is too little for January 31st; 170.00 more
    leave 8.06 in the end.
    """
    story = begin(
        "2026-01-31", time_zone="Pacific/Auckland", default_country="NZ", tax={"policy": "standard"}
    )
    for rate, valid_from in (("0.19", "2020-01-01"), ("0.21", "2027-01-01")):
        said = {"country": "NZ", "rate": rate, "valid_from": valid_from}
        story.administrator.done("POST", "/admin/tax-rates", said)
    story.top_up(15_000)
    service_id = story.buy(story.sell(999), auto_renewal=True)
    story.travel_to("2027-01-15")
    assert (story.stands(service_id), story.balance()) == (("active", "2027-01-31"), 732)
    story.top_up(17_000)
    story.travel_to("2028-03-01")
    assert story.stands(service_id) == ("active", "2028-03-31")

    assert story.totals() == [1189] * 12 + [1209] * 14
    assert [each["tax"]["amount_minor"] for each in story.invoices()] == [190] * 12 + [210] * 14
    assert [each["issued_on"] for each in story.invoices()] == list(MONTH_ENDS[:-1])
    periods = [(row["start_on"], row["end_on"]) for row in story.billed(service_id)]
    assert periods == list(pairwise(MONTH_ENDS))
    assert story.balance() == 806
    story.ends({service_id: "2028-03-31"})
