"""Which days are charged of a service that is charged daily, around its suspensions."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Period
from billing_kernel.domain.daily import after_free, due_days
from billing_kernel.domain.periods import day_after

MONDAY = date(2026, 1, 5)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def test_at_26_the_days_between_are_free_or_charged() -> None:
    """Suspended on day 2, seen on day 6: with the choice of the tariff all of them are due."""
    assert list(due_days(day(1), day(6), (), day(3))) == [day(1), day(2)]
    charged = list(due_days(day(1), day(6), (), day(3), charge_while_suspended=True))
    assert charged == [day(number) for number in range(1, 7)]


def test_today_is_not_due_twice() -> None:
    """A service that was opened today has paid for today."""
    assert list(due_days(day(1), day(0))) == []
    assert list(due_days(day(0), day(0))) == [day(0)]


@given(
    steps=st.lists(st.sampled_from(["night", "suspend", "resume"]), max_size=40),
    late=st.lists(st.booleans(), min_size=40, max_size=40),
    charges=st.booleans(),
)
def test_every_served_day_is_due_once_and_no_other(
    steps: list[str], late: list[bool], charges: bool
) -> None:
    """Whatever a client does day by day, and however late the nights are that charge it."""
    charged, charged_until = [day(0)], day(1)
    served, free, served_until = [day(0)], list[Period](), None
    for number, step in enumerate(steps, 1):
        today = day(number)
        if step == "resume" and served_until is not None:
            if not charges and served_until < today:
                free.append(Period(served_until, today))
            served_until = None
        if served_until is None or charges:
            served.append(today)
        if step == "suspend" and served_until is None:
            served_until = day(number + 1)
        if not late[number - 1]:
            due = list(
                due_days(charged_until, today, free, served_until, charge_while_suspended=charges)
            )
            charged += due
            charged_until = after_free(
                max([charged_until, *(day_after(each) for each in due)]), free
            )
    last = day(len(steps))
    charged += due_days(charged_until, last, free, served_until, charge_while_suspended=charges)
    assert charged == served
