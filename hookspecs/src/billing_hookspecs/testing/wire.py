"""Values as they cross to another process: through JSON and back."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import msgspec

from billing_hookspecs.values import FrozenDict, Secret, Value

V = TypeVar("V")

PAUSE_S = range(5, 86401)
"""Seconds that a pending outcome may ask the kernel to wait."""


def through_json(value: V) -> V:
    """``value`` written as JSON and read back as the same type.

    Raises msgspec.ValidationError or TypeError for what JSON can't carry.
    """
    written = msgspec.json.encode(value, enc_hook=_encode)
    return msgspec.json.decode(written, type=type(value), dec_hook=_decode)


def _encode(value: Any) -> Any:
    if isinstance(value, Secret):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is not a plain value")


def _decode(wanted: type, value: Any) -> Any:
    if wanted is Secret:
        return Secret(value)
    raise TypeError(f"{wanted.__name__} is not a plain value")


def assert_plain(value: object, where: str = "value") -> None:
    """Assert that nothing in ``value`` would change or get lost on the way."""
    _assert_plain_parts(value, where, inside_json=False)
    assert through_json(value) == value, f"{where} came back from JSON as another value"


def _assert_plain_parts(value: object, where: str, inside_json: bool) -> None:
    if isinstance(value, Value):
        for name in value.__dataclass_fields__:
            _assert_plain_parts(getattr(value, name), f"{where}.{name}", inside_json=False)
    elif isinstance(value, Mapping):
        assert isinstance(value, FrozenDict), f"{where} is a mapping that can be changed"
        for key, item in value.items():
            assert isinstance(key, str), f"{where} has a key that is not a string"
            _assert_plain_parts(item, f"{where}[{key!r}]", inside_json=True)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _assert_plain_parts(item, f"{where}[{index}]", inside_json)
    else:
        allowed: tuple[type, ...] = (str, int, bool, type(None))
        if not inside_json:
            allowed = (*allowed, bytes, date, datetime, Decimal, Enum)
        assert isinstance(value, allowed), f"{where} is a {type(value).__name__}, not plain JSON"
