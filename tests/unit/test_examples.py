"""Worked examples: what counts as agreement, and which situations make sense."""

from datetime import date

import pytest

from billing_hookspecs import Money
from billing_kernel.domain.examples import (
    Example,
    ExampleSituation,
    Expected,
    ExpectedLine,
    LastPaid,
    Worked,
    WorkedLine,
    examples_document,
    judged,
    read_examples,
    situation_errors,
)

DAY, END = date(2026, 7, 12), date(2026, 8, 1)
ORDER = ExampleSituation(occasion="order", on=DAY, period_months=1)
PAID = LastPaid(Money(310, "EUR"), date(2026, 7, 1), 1)


def line(kind: str, minor: int, resource_type: str | None = None) -> ExpectedLine:
    return ExpectedLine(kind, Money(minor, "EUR"), resource_type)


def now(*lines: ExpectedLine, expires_on: date | None = END, error: str = "") -> Worked:
    priced = [WorkedLine(it.kind, it.net, it.resource_type, ()) for it in lines]
    return Worked(tuple(priced), expires_on, error)


@pytest.mark.parametrize(
    ("expected", "outcome", "agrees"),
    [
        (Expected((line("period", 5),)), now(line("period", 5)), True),
        (Expected((line("period", 5),)), now(line("period", 6)), False),
        (Expected((line("period", 5),)), now(line("setup_fee", 5)), False),
        (Expected((line("period", 5),)), now(line("period", 5), line("setup_fee", 1)), False),
        (Expected((line("period", 5),)), now(line("period", 5), line("addon", 0, "ram")), True),
        (Expected(()), now(line("period", 0)), True),
        (
            Expected((line("addon", 3, "ram"), line("addon", 4, "disk"))),
            now(line("addon", 4, "disk"), line("addon", 3, "ram")),
            True,
        ),
        (
            Expected((line("addon", 4, "ram"), line("addon", 3, "disk"))),
            now(line("addon", 4, "disk"), line("addon", 3, "ram")),
            False,
        ),
        (Expected((line("period", 5),), END), now(line("period", 5)), True),
        (Expected((line("period", 5),), DAY), now(line("period", 5)), False),
        (Expected((line("period", 5),), None), now(line("period", 5)), False),
        (Expected((line("period", 5),), None), now(line("period", 5), expires_on=None), True),
        (Expected(()), now(error="period_months 3 is not sold"), False),
        (
            Expected((ExpectedLine("period", Money(5, "USD")),)),
            now(line("period", 5)),
            False,
        ),
    ],
)
def test_an_example_agrees_if_every_amount_does(
    expected: Expected, outcome: Worked, agrees: bool
) -> None:
    """A line that nobody expected is as wrong as an amount that is off by a cent."""
    example = judged(Example("example", ORDER, expected), outcome)
    assert (example.differs is None) is agrees
    assert (example.agreed == outcome) is agrees


def test_a_difference_keeps_how_it_was_before() -> None:
    """Both derivations stand side by side, or nobody finds out what changed."""
    first = judged(
        Example("example", ORDER, Expected((line("period", 5),))), now(line("period", 5))
    )
    then = judged(first, now(line("period", 6)))
    assert (then.agreed, then.differs) == (first.agreed, now(line("period", 6)))
    assert judged(then, now(line("period", 5))).differs is None


def renewal(
    on: date, expires_on: date | None = END, paid: LastPaid | None = None
) -> ExampleSituation:
    return ExampleSituation(
        occasion="renewal", on=on, period_months=1, expires_on=expires_on, paid=paid
    )


@pytest.mark.parametrize(
    ("situation", "pointers"),
    [
        (ORDER, []),
        (renewal(END), []),
        (renewal(date(2026, 8, 2), paid=PAID), []),
        (renewal(date(2026, 8, 2)), ["/at/paid"]),
        (renewal(END, None), ["/at/expires_on"]),
        (
            renewal(date(2026, 8, 2), paid=LastPaid(Money(1, "EUR"), END, 1)),
            ["/at/paid/start_on"],
        ),
        (
            ExampleSituation(occasion="order", on=DAY, period_months=1, expires_on=END, paid=PAID),
            ["/at/expires_on", "/at/paid"],
        ),
    ],
)
def test_a_situation_has_what_its_occasion_needs(
    situation: ExampleSituation, pointers: list[str]
) -> None:
    """A late renewal without what was paid has no daily cost to make a fee from."""
    assert [error.pointer for error in situation_errors(situation, "/at")] == pointers


def test_examples_survive_their_documents() -> None:
    """They are stored with the tariff plan."""
    example = judged(
        Example("example", ORDER, Expected((line("period", 5),), END)), now(line("period", 5))
    )
    assert read_examples(examples_document([example])) == (example,)
    open_end = Example("example", ORDER, Expected((line("period", 5),)))
    assert read_examples(examples_document([open_end])) == (open_end,)
