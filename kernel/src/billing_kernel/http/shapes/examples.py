"""Worked examples of tariff plans."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from billing_hookspecs import Money
from billing_kernel.domain.examples import (
    EXAMPLES_MAX,
    Example,
    ExampleSituation,
    Expected,
    ExpectedLine,
    LastPaid,
    Worked,
    WorkedLine,
    differing,
)
from billing_kernel.http.shapes.base import ID_MAX, Amount, Answer, Body, FieldName, Line, Months
from billing_kernel.http.shapes.invoices import StepAnswer

AddonAmounts: TypeAlias = Annotated[
    dict[FieldName, Annotated[int, Meta(ge=0, le=ID_MAX)] | bool], Meta(max_length=100)
]
"""Units, the id of an enumeration's value, or on and off, by resource type."""


class LastPaidBody(Body):
    """The period that a late service was last paid for; it ended with the expiry."""

    price: Amount
    start_on: date
    period_months: Months

    def paid(self) -> LastPaid:
        return LastPaid(self.price.money(), self.start_on, self.period_months)


class ExampleSituationBody(Body):
    """An order on a day, or the renewal on a day of what expires or has expired.

    ``anchor_on`` is the day that renewals count from, the day of expiry unless it is given.
    ``paid`` is needed where the renewal is late.
    """

    occasion: Literal["order", "renewal"]
    on: date
    period_months: Months
    addons: AddonAmounts = {}
    expires_on: date | None = None
    anchor_on: date | None = None
    paid: LastPaidBody | None = None

    def situation(self) -> ExampleSituation:
        return ExampleSituation(
            occasion=self.occasion,
            on=self.on,
            period_months=self.period_months,
            addons=dict(self.addons),
            expires_on=self.expires_on,
            anchor_on=self.anchor_on,
            paid=self.paid.paid() if self.paid else None,
        )


class ExpectedLineBody(Body):
    """What lines of a kind cost together before tax; ``resource_type`` names the addon."""

    kind: FieldName
    net: Amount
    resource_type: FieldName | None = None


class ExpectedBody(Body):
    """Every line that costs something; the expiry is compared if it is given."""

    lines: Annotated[list[ExpectedLineBody], Meta(max_length=100)]
    expires_on: date | UnsetType | None = UNSET

    def expected(self) -> Expected:
        lines = [ExpectedLine(it.kind, it.net.money(), it.resource_type) for it in self.lines]
        return Expected(tuple(lines), self.expires_on)


class ExampleBody(Body):
    """A situation, and what it must come to."""

    name: Line
    situation: ExampleSituationBody
    expected: ExpectedBody

    def example(self) -> Example:
        return Example(self.name, self.situation.situation(), self.expected.expected())


Examples: TypeAlias = Annotated[list[ExampleBody], Meta(max_length=EXAMPLES_MAX)]


class WorkedLineAnswer(Answer):
    """A line as it was priced; ``explanation`` leads to ``net``."""

    kind: str
    resource_type: str | None
    net: Money
    explanation: list[StepAnswer]

    @classmethod
    def of(cls, line: WorkedLine) -> Self:
        steps = msgspec.convert(msgspec.to_builtins(line.steps), list[StepAnswer])
        return cls(
            kind=line.kind, resource_type=line.resource_type, net=line.net, explanation=steps
        )


class WorkedAnswer(Answer):
    """What a situation came to; ``error`` says why it had no price."""

    lines: list[WorkedLineAnswer]
    expires_on: date | None
    error: str

    @classmethod
    def of(cls, now: Worked) -> Self:
        lines = [WorkedLineAnswer.of(line) for line in now.lines]
        return cls(lines=lines, expires_on=now.expires_on, error=now.error)


class ExampleAnswer(Answer):
    """An example with its derivations.

    ``agreed`` is how it last came to what is expected, ``differs`` how it comes to something
    else now; while there is one, the tariff plan isn't for sale.
    """

    name: str
    situation: dict[str, Any]
    expected: dict[str, Any]
    agreed: WorkedAnswer | None
    differs: WorkedAnswer | None

    @classmethod
    def of(cls, example: Example) -> Self:
        return cls(
            name=example.name,
            situation=msgspec.to_builtins(example.situation),
            expected=msgspec.to_builtins(example.expected),
            agreed=WorkedAnswer.of(example.agreed) if example.agreed else None,
            differs=WorkedAnswer.of(example.differs) if example.differs else None,
        )


class ExamplesChecked(Answer):
    """All examples of a tariff plan, worked out just now; ``ok`` if none of them differs."""

    ok: bool
    items: list[ExampleAnswer]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Self:
        items = [ExampleAnswer.of(example) for example in examples]
        return cls(ok=not differing(examples), items=items)
