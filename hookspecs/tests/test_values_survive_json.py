"""Every value that crosses between kernel and plugin survives JSON, whoever adds one."""

import importlib
import pkgutil
import types
from collections import UserString
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import billing_hookspecs
from billing_hookspecs import FieldError, FormField, Money, PaidPeriod, Period, Secret, Value
from billing_hookspecs.testing import through_json
from billing_hookspecs.testing.wire import assert_plain

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SAFE_INTEGERS = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: SAFE_INTEGERS,
    bool: st.booleans(),
    bytes: st.binary(max_size=8),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    Secret: TEXT.map(Secret),
    Any: JSON,
    types.NoneType: st.none(),
    Money: st.builds(Money, SAFE_INTEGERS, st.sampled_from(["EUR", "JPY"])),
    Period: st.tuples(st.dates(), st.dates()).map(lambda days: Period(min(days), max(days))),
}
PLAIN[PaidPeriod] = st.builds(
    PaidPeriod, PLAIN[Money], PLAIN[Period].filter(lambda period: period.days > 0), SAFE_INTEGERS
)


def examples_of(wanted: Any) -> st.SearchStrategy[Any]:
    """Instances of what an annotation of a value's field allows."""
    if wanted in PLAIN:
        return PLAIN[wanted]
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return st.one_of([examples_of(it) for it in inner])
    if origin is tuple:
        return st.lists(examples_of(inner[0]), max_size=2).map(tuple)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(TEXT, examples_of(inner[1]), max_size=2)
    if issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    assert issubclass(wanted, Value), f"{wanted} can't be part of a value"
    return st.deferred(lambda: st.builds(wanted, **fields_of(wanted)))


def fields_of(value: type[Value]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: examples_of(hint) for name, hint in get_type_hints(value).items()}


def every_value() -> list[type[Value]]:
    for module in pkgutil.iter_modules(billing_hookspecs.__path__):
        importlib.import_module(f"billing_hookspecs.{module.name}")
    found, waiting = [], [Value]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            # A dataclass with slots replaces the class that it was made from, which lingers.
            known = getattr(importlib.import_module(kind.__module__), kind.__name__, None)
            if known is kind and kind.__module__.startswith("billing_hookspecs"):
                found.append(kind)
    return sorted(found, key=lambda kind: kind.__name__)


def test_the_search_for_values_finds_them() -> None:
    """A search that found nothing would prove nothing."""
    names = {kind.__name__ for kind in every_value()}
    assert names >= {"Money", "ServiceView", "Done", "PaymentFact", "Event", "PluginManifest"}


@pytest.mark.parametrize("kind", every_value(), ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_a_value_comes_back_from_json_as_it_was(kind: type[Value], data: st.DataObject) -> None:
    """Operations are stored as JSON and may be carried out by another process."""
    value = data.draw(examples_of(kind))
    assert_plain(value)
    assert hash(through_json(value)) == hash(value)


def test_what_json_can_not_carry_is_named() -> None:
    """An author must learn which part of a value is at fault."""
    for part, message in (
        ({"since": date(2031, 1, 1)}, r"value.facts\['since'\] is a date"),
        ({"load": 0.5}, r"value.facts\['load'\] is a float"),
        ({"disks": [{1: "a"}]}, "a key that is not a string"),
        ({"price": Money(1, "EUR")}, "came back from JSON as another value"),
    ):
        with pytest.raises(AssertionError, match=message):
            assert_plain(billing_hookspecs.Done("1", part))
    with pytest.raises(TypeError, match="object is not a plain value"):
        through_json(billing_hookspecs.Done("1", {"handle": object()}))


def test_a_mapping_that_can_be_changed_is_not_plain() -> None:
    """Only what was frozen is safe to share between threads."""
    with pytest.raises(AssertionError, match="a mapping that can be changed"):
        assert_plain({"a": 1})


@dataclass(frozen=True)
class Odd:
    part: UserString


def test_values_of_another_type_do_not_come_back() -> None:
    """Reading a value checks its types: an amount is never a string."""
    with pytest.raises(msgspec.ValidationError, match="Expected `int"):
        through_json(FormField("name", {"en": "Name"}, minimum="1"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="complex is not a plain value"):
        through_json(FieldError("/a", 1j))  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError, match="UserString is not a plain value"):
        through_json(Odd("read as a string, promised as something else"))  # type: ignore[arg-type]


def test_a_paid_period_has_a_day() -> None:
    """Its daily cost is what was paid divided by its days."""
    day = date(2026, 1, 31)
    with pytest.raises(ValueError, match="has at least a day"):
        PaidPeriod(Money(1, "EUR"), Period(day, day), 1)
