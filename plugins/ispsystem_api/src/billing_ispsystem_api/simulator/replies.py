"""What functions of a simulated panel answer, before anybody decided how to write it down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A value with attributes, such as a translated one: ``Text("Active", {"orig": "2"})``."""

    value: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def coded(cls, code: str, label: str) -> "Text":
        return cls(label, {"orig": code})


Fields: TypeAlias = Mapping[str, str | Text]


@dataclass(frozen=True, slots=True)
class Branch:
    """An element with elements inside, for answers that are more than a flat object."""

    name: str
    value: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple["Branch", ...] = ()

    @classmethod
    def of_fields(cls, name: str, fields: Fields) -> "Branch":
        """An element with one child for each field that has a value."""
        return cls(name, children=leaves(fields))


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    ``done``      carries ``<ok/>``: the function did something.
    ``fields``    of the object, directly under the document.
    ``nested``    fields of the object in a document of its own inside, as after changes.
    ``rows``      of a list; None where this is none. ``key`` names the key column.
    ``branches``  anything else.
    """

    done: bool = False
    fields: Fields = field(default_factory=dict)
    nested: Fields | None = None
    rows: Sequence[Fields] | None = None
    key: str = "id"
    branches: tuple[Branch, ...] = ()


class RefusalError(Exception):
    """A function says no, in the words of the dialect."""

    def __init__(self, type: str, object: str = "", value: str = "", message: str = "") -> None:
        super().__init__(f"{type} {object}")
        self.type = type
        self.object = object
        self.value = value
        self.message = message or f"{object or type}: {value}".strip(": ")


def leaves(fields: Fields) -> tuple[Branch, ...]:
    """Elements of fields; those without a value are left out, as panels do."""
    texts = {name: item if isinstance(item, Text) else Text(item) for name, item in fields.items()}
    return tuple(
        Branch(name, text.value, text.attributes) for name, text in texts.items() if text.value
    )
