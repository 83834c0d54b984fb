"""Plain immutable values: the only things that cross between kernel and plugin.

Every value is a frozen dataclass of strings, integers, booleans, dates, ``Decimal``,
``bytes`` and values again, in tuples or string-keyed mappings, so it survives JSON and a
driver call can move to another process without a change for its author.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import (
    Any,
    NoReturn,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

V = TypeVar("V")

Json: TypeAlias = Any
"""Null, a boolean, an integer, a string, a tuple of these or a string-keyed mapping of these."""

LocalizedText: TypeAlias = Mapping[str, str]
"""Language code → text, for example ``{"en": "Licence name", "ru": "Название лицензии"}``."""


class FrozenDict(dict[str, V]):
    """A dict that refuses change: what a plugin was handed stays what it was."""

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("values that cross between kernel and plugin are immutable")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type, tuple[dict[str, V]]]:
        return (FrozenDict, (dict(self),))


PLAIN = (str, int, bytes, NoneType, date, Decimal)
FROZEN = (*PLAIN, FrozenDict)
"""What can't be changed anyway, and values that were frozen when they were made."""


def freeze(value: Any) -> Any:
    """The same value with every mapping and sequence inside made immutable."""
    if isinstance(value, FROZEN):
        return value
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


@dataclass(frozen=True, slots=True)
class Value:
    """Base of all values: freezes mappings and lists that it is given."""

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name in _freezable(kind):
            given = getattr(self, name)
            if isinstance(given, FROZEN) or isinstance(given, Value):  # noqa: SIM101 the tuple is one
                continue
            frozen = freeze(given)
            if frozen is not given:
                object.__setattr__(self, name, frozen)


@cache
def _freezable(of: Any) -> tuple[str, ...]:
    """The fields that may be given mappings or lists, by their annotations."""
    hints = get_type_hints(of)
    return tuple(field.name for field in fields(of) if not _is_plain(hints[field.name]))


def _is_plain(hint: Any) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return all(map(_is_plain, get_args(hint)))
    return isinstance(hint, type) and issubclass(hint, (*PLAIN, Value))


class Secret(str):
    """A string whose repr is masked: passwords, keys, tokens.

    It *is* the string, so it can be sent; it only can't be printed by accident.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


def text_in(names: LocalizedText, language: str, fallback: str = "en") -> str:
    """The text for ``language``, else for ``fallback``, else any; empty when there is none."""
    return names.get(language) or names.get(fallback) or next(iter(names.values()), "")
