"""Texts with places to be filled in: a narrow part of Jinja that can't compute anything.

Only places (``{{ client.name }}``), conditions and a few filters are understood. There are no
loops, calls, arithmetic, assignments or other templates, so what a text takes to fill in grows
with its own length alone, and it reaches nothing but the values that it is given.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from jinja2 import Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from billing_kernel.domain.errors import RuleError

FILLED_MAX: Final = 100_000
"""Longest text that comes of filling in, in characters; the rest is cut off."""

VALUE_MAX: Final = 1_000
"""Longest value that is put in, in characters."""

FILTERS: Final = ("capitalize", "default", "lower", "title", "trim", "upper")

REFUSALS: Final = (TemplateError, SyntaxError, ValueError, RecursionError)
"""How the engine refuses a text: by its own rules, by Python's, or for being nested too deep."""

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]*")


class UnfillableTextError(RuleError):
    """A text that can't be filled in."""

    code = "message_template.unfillable"


class Group:
    """The values of one group, such as ``client``; a name that it hasn't is empty."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "")[:VALUE_MAX]


def _environment() -> ImmutableSandboxedEnvironment:
    # Without the optimiser: it would evaluate constant expressions while a text is only read.
    made = ImmutableSandboxedEnvironment(autoescape=False, optimized=False, cache_size=0)
    made.globals.clear()
    made.tests.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    return made


_jinja: Final = _environment()


def objection(text: str, macros: Collection[str]) -> str | None:
    """What is wrong with a text whose places may be ``macros``; nothing of it is carried out.

    ``macros`` are names such as ``client.name``; ``upstream.*`` allows every name of a group.
    """
    try:
        _read(text, frozenset(macros))
    except UnfillableTextError as error:
        return error.message
    return None


def fill(text: str, macros: Collection[str], values: Mapping[str, Mapping[str, str]]) -> str:
    """The text with ``values`` in its places, by group and name.

    Raises UnfillableTextError where ``objection`` has one.
    """
    template = _read(text, frozenset(macros))
    groups = {name: Group(group) for name, group in values.items()}
    pieces: list[str] = []
    left = FILLED_MAX
    try:
        for piece in template.generate(groups):
            pieces.append(piece[:left])
            left -= len(piece)
            if left <= 0:
                break
    except REFUSALS as error:
        raise UnfillableTextError(f"can't be filled in: {error}") from None
    return "".join(pieces)


@lru_cache(maxsize=256)
def _read(text: str, macros: frozenset[str]) -> Template:
    try:
        parsed = _jinja.parse(text)
        for wrong in _wrong(parsed, macros):
            raise UnfillableTextError(wrong)
        return _jinja.from_string(parsed)
    except REFUSALS as error:
        raise UnfillableTextError(f"is not a template that can be filled in: {error}") from None


def _wrong(node: nodes.Node, macros: frozenset[str]) -> Iterator[str]:
    if not isinstance(node, _ALLOWED):
        yield f"can't use {type(node).__name__.lower()}: only places, conditions and filters"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"has the unknown filter {node.name}; there are {', '.join(FILTERS)}"
    elif isinstance(node, nodes.Getattr):
        group = node.node.name if isinstance(node.node, nodes.Name) else "…"
        if not _is_among(group, node.attr, macros):
            yield f"has the unknown macro {group}.{node.attr}"
    elif isinstance(node, nodes.Name):
        yield f"has the unknown macro {node.name}"
    else:
        for child in node.iter_child_nodes():
            yield from _wrong(child, macros)


def _is_among(group: str, name: str, macros: frozenset[str]) -> bool:
    if not _FIELD.fullmatch(name):
        return False
    return f"{group}.{name}" in macros or f"{group}.*" in macros
