"""Reading of Stripe's JSON objects, whose references are ids or, expanded, objects. Pure."""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def text_of(document: Document, name: str) -> str:
    """A string; "" where there is none."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def expanded(document: object, name: str) -> dict[str, Any] | None:
    """The object under ``name``, if there is one and it is written out."""
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else None


def id_of(document: Document, name: str) -> str:
    """The id of the object that ``document`` refers to, expanded or not; "" for none."""
    inner = expanded(document, name)
    return text_of(inner, "id") if inner else text_of(document, name)
