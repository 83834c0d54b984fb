"""Whether a value that a plugin handed over is what the contract's annotations promise.

Python doesn't check them, and a float among amounts or a number among ids would be noticed
only when it is stored. Complaints name types, never values: a value may be a secret.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

PLAIN = frozenset({str, int, bool, bytes, date, datetime})


@cache
def hints_of(annotated: Any) -> dict[str, Any]:
    """``typing.get_type_hints``, remembered."""
    return get_type_hints(annotated)


def complaint(value: Any, expected: Any, name: str) -> str:
    """What keeps ``value`` from being an ``expected``, said of ``name``; "" if nothing does."""
    if expected is Any:
        return ""
    origin, arguments = _parts(expected)
    if origin is ClassVar:
        return complaint(value, arguments[0], name)
    if origin in (Union, UnionType):
        return _union_complaint(value, expected, name)
    if not _is_instance(value, origin or expected):
        return f"{name} is {_called(type(value))}, not {_called(expected)}"
    if origin is not None:
        return _items_complaint(value, origin, arguments, name)
    if is_dataclass(expected):
        annotated: Any = expected
        if _is_plainly(value, _plain_fields(annotated)):
            return ""
        hints = hints_of(annotated)
        return _first(
            complaint(getattr(value, field.name), hints[field.name], f"{name}.{field.name}")
            for field in fields(expected)
        )
    return ""


@cache
def _parts(expected: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(expected), get_args(expected)


@cache
def _plain_fields(of: Any) -> tuple[tuple[str, type], ...] | None:
    """The fields of a value whose types say everything; None if there are others."""
    hints = hints_of(of)
    found = tuple((field.name, hints[field.name]) for field in fields(of))
    return found if all(kind in PLAIN for _, kind in found) else None


def _is_plainly(value: Any, plain: tuple[tuple[str, type], ...] | None) -> bool:
    return plain is not None and all(type(getattr(value, name)) is kind for name, kind in plain)


def _are_plainly(items: Any, kind: Any) -> bool:
    annotated: Any = kind
    plain = _plain_fields(annotated) if is_dataclass(kind) else None
    return plain is not None and all(
        type(item) is kind and _is_plainly(item, plain) for item in items
    )


def _union_complaint(value: Any, expected: Any, name: str) -> str:
    for option in get_args(expected):
        if _is_instance(value, get_origin(option) or option):
            return complaint(value, option, name)
    return f"{name} is {_called(type(value))}, not {_called(expected)}"


def _items_complaint(value: Any, origin: Any, arguments: tuple[Any, ...], name: str) -> str:
    if origin is Sequence and _are_plainly(value, arguments[0]):
        return ""
    if issubclass(origin, Mapping):
        keys, values = arguments
        return _first(
            complaint(key, keys, f"a key of {name}") or complaint(item, values, f"{name}[{key!r}]")
            for key, item in value.items()
        )
    if origin is tuple and arguments[-1:] != (Ellipsis,):
        if len(value) != len(arguments):
            return f"{name} has {len(value)} items, not {len(arguments)}"
        return _first(
            complaint(item, argument, f"{name}[{index}]")
            for index, (item, argument) in enumerate(zip(value, arguments, strict=True))
        )
    return _first(
        complaint(item, arguments[0], f"{name}[{index}]") for index, item in enumerate(value)
    )


def _is_instance(value: Any, expected: Any) -> bool:
    if expected is None or expected is NoneType:
        return value is None
    if expected is int and isinstance(value, bool):
        return False
    if expected is date and isinstance(value, datetime):
        return False
    if expected is Sequence and isinstance(value, str | bytes):
        return False
    return isinstance(value, expected)


def _first(complaints: Any) -> str:
    return next(filter(None, complaints), "")


def _called(expected: Any) -> str:
    if expected is None or expected is NoneType:
        return "None"
    if get_origin(expected) in (Union, UnionType):
        return " | ".join(map(_called, get_args(expected)))
    return expected.__name__ if isinstance(expected, type) else str(expected)
