"""Worked examples of a tariff plan: situations, and the amounts that are expected of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from billing_hookspecs import FieldError, Money, Step
from billing_kernel.domain.addons import Amount
from billing_kernel.domain.pricing import PricedItem

EXAMPLES_MAX: Final = 100


class LastPaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The period that a late service was last paid for; it ended with the expiry."""

    price: Money
    start_on: date
    period_months: int


class ExampleSituation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An order on a day, or the renewal on a day of what expires or has expired.

    ``anchor_on`` is the day that renewals count from; None is the day of expiry. ``addons``
    that aren't named have their defaults. ``paid`` is needed for a late renewal only.
    """

    occasion: Literal["order", "renewal"]
    on: date
    period_months: int
    addons: dict[str, Amount] = {}
    expires_on: date | None = None
    anchor_on: date | None = None
    paid: LastPaid | None = None


class ExpectedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lines of a kind cost together before tax; ``resource_type`` tells addons apart."""

    kind: str
    net: Money
    resource_type: str | None = None


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every line that costs something, and the expiry; left out, the expiry isn't compared."""

    lines: tuple[ExpectedLine, ...]
    expires_on: date | UnsetType | None = UNSET


class WorkedLine(msgspec.Struct, frozen=True):
    """A line as it is priced now, with the steps that lead to its amount."""

    kind: str
    net: Money
    resource_type: str | None
    steps: tuple[Step, ...]


class Worked(msgspec.Struct, frozen=True):
    """What a situation comes to; ``error`` says why it has no price."""

    lines: tuple[WorkedLine, ...] = ()
    expires_on: date | None = None
    error: str = ""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An example with how it came out.

    ``agreed``   the derivation of the last time that it came to what is expected.
    ``differs``  the derivation that comes to something else now; None while it agrees.
    """

    name: str
    situation: ExampleSituation
    expected: Expected
    agreed: Worked | None = None
    differs: Worked | None = None


def situation_errors(situation: ExampleSituation, pointer: str) -> list[FieldError]:
    """What is missing from a situation, or too much in it."""
    if situation.occasion == "order":
        given = {"expires_on": situation.expires_on, "paid": situation.paid}
        return [
            FieldError(f"{pointer}/{name}", "belongs to renewals only")
            for name, value in given.items()
            if value is not None
        ]
    if situation.expires_on is None:
        return [FieldError(f"{pointer}/expires_on", "is required for a renewal")]
    if situation.on <= situation.expires_on:
        return []
    if situation.paid is None:
        return [FieldError(f"{pointer}/paid", "is required for a late renewal")]
    if situation.paid.start_on >= situation.expires_on:
        return [FieldError(f"{pointer}/paid/start_on", "must be before the expiry")]
    return []


def worked(item: PricedItem) -> Worked:
    """A priced item as an example sees it."""
    lines = [WorkedLine(it.kind, it.net, it.resource_type, it.steps) for it in item.lines]
    return Worked(tuple(lines), item.expires_on)


def judged(example: Example, now: Worked) -> Example:
    """The example with what it comes to now: in agreement, or the difference."""
    if _agrees(example.expected, now):
        return msgspec.structs.replace(example, agreed=now, differs=None)
    return msgspec.structs.replace(example, differs=now)


def differing(examples: Sequence[Example]) -> list[Example]:
    """The examples that come to something else than what is expected."""
    return [example for example in examples if example.differs is not None]


def read_examples(documents: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """Examples from the JSON documents of a tariff plan."""
    return msgspec.convert(documents, tuple[Example, ...])


def examples_document(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Examples as JSON documents."""
    documents: list[dict[str, Any]] = msgspec.to_builtins(examples)
    return documents


def _agrees(expected: Expected, now: Worked) -> bool:
    same_end = expected.expires_on in (UNSET, now.expires_on)
    return not now.error and same_end and _amounts(expected.lines) == _amounts(now.lines)


def _amounts(lines: Sequence[ExpectedLine | WorkedLine]) -> dict[tuple[str, ...], int]:
    """Sums by kind, addon and currency, without those that are nothing."""
    sums: Counter[tuple[str, ...]] = Counter()
    for key, minor in _keyed(lines):
        sums[key] += minor
    return {key: minor for key, minor in sums.items() if minor}


def _keyed(
    lines: Sequence[ExpectedLine | WorkedLine],
) -> Iterator[tuple[tuple[str, ...], int]]:
    for line in lines:
        yield (line.kind, line.resource_type or "", line.net.currency), line.net.amount_minor
