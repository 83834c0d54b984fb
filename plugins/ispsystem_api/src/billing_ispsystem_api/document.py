"""Answers of a panel, XML or JSON, as one immutable tree with tolerant look-ups. Pure.

The two forms say the same thing in different words: an attribute ``a="v"`` is ``"$a": "v"``,
text is ``"$"`` (``"v"`` in the flattened form), a repeated element is a list, and a list of
one may come as a bare object. Fields of an object stand in ``doc``, in a ``doc`` nested in it
(after changes) or in ``model`` (flattened form): look-ups search all of these places.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from billing_hookspecs.values import FrozenDict

DEPTH_MAX = 64
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body")


class DocumentError(ValueError):
    """The body is not a document of the dialect; ``problem`` is a short word for it.

    ``empty``, ``html`` (a login page, a firewall) or ``unreadable`` (cut off, hostile, other).
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error document says: machine type, what it is about, and text for people."""

    type: str
    object: str = ""
    value: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One element. ``value`` is its own text, stripped."""

    name: str
    value: str = ""
    attributes: Mapping[str, str] = field(default_factory=FrozenDict)
    children: tuple["Node", ...] = ()

    def all(self, name: str) -> tuple["Node", ...]:
        """The direct children called ``name``."""
        return tuple(child for child in self.children if child.name == name)

    def find(self, *names: str) -> Iterator["Node"]:
        """Nodes with one of the ``names``, wanted names first, in every usual place.

        ``item.id`` means an element of that name or ``id`` inside ``item``.
        """
        for name in names:
            for place in self._places():
                yield from place.all(name)
                first, dot, rest = name.partition(".")
                if dot:
                    for child in place.all(first):
                        yield from child.all(rest)

    def text(self, *names: str) -> str:
        """The first text that isn't empty among ``names``; "" where there is none."""
        return next((node.value for node in self.find(*names) if node.value), "")

    def code(self, *names: str) -> str:
        """Like ``text``, but the code behind a translated value where one is given."""
        found = (node.attributes.get("orig") or node.value for node in self.find(*names))
        return next((code for code in found if code), "")

    def has(self, *names: str) -> bool:
        return next(self.find(*names), None) is not None

    def rows(self) -> tuple["Node", ...]:
        """The rows of a list; none where the list is empty."""
        return tuple(self.find("elem")) or tuple(self.find("content"))

    @property
    def accepted(self) -> bool:
        """True where the panel says that it did what it was told to."""
        return self.has("ok") or bool(self.text("id", "item.id"))

    @property
    def error(self) -> Refusal | None:
        """The refusal that this document carries, if it is one."""
        node = next((node for node in self.find("error") if node.attributes or node.children), None)
        if node is None:
            return None
        parameters = {child.attributes.get("name", ""): child.value for child in node.all("param")}
        return Refusal(
            type=node.attributes.get("type", ""),
            object=node.attributes.get("object", "") or parameters.get("object", ""),
            value=parameters.get("value", ""),
            message=node.text("msg", "detail", "group"),
        )

    def _places(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            if child.name in ("doc", "model"):
                yield from child._places()


def parse(body: bytes) -> Node:
    """The document in ``body``; raises DocumentError where it is none.

    Document types and entities are refused, as is nesting deeper than DEPTH_MAX.
    """
    start = body[:2048].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise DocumentError("empty")
    if start.lower().startswith(_HTML_STARTS):
        raise DocumentError("html")
    if start.startswith(b"<"):
        return _parse_xml(body.removeprefix(b"\xef\xbb\xbf").lstrip())
    return _parse_json(body)


def _parse_xml(body: bytes) -> Node:
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise DocumentError("html" if b"<html" in body[:2048].lower() else "unreadable") from error
    if root.tag.rpartition("}")[2].lower() == "html":
        raise DocumentError("html")
    if root.tag != "doc":
        raise DocumentError("unreadable")
    return _from_element(root, 0)


def _from_element(element: Element, depth: int) -> Node:
    if depth > DEPTH_MAX:
        raise DocumentError("unreadable")
    return Node(
        name=element.tag,
        value=(element.text or "").strip(),
        attributes=FrozenDict(element.attrib),
        children=tuple(_from_element(child, depth + 1) for child in element),
    )


def _parse_json(body: bytes) -> Node:
    try:
        content = json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DocumentError("unreadable") from error
    if isinstance(content, dict) and isinstance(content.get("doc"), dict):
        content = content["doc"]
    if isinstance(content, list):
        content = {"elem": content}
    if not isinstance(content, dict):
        raise DocumentError("unreadable")
    return _from_json("doc", content, 0)


def _from_json(name: str, content: Any, depth: int) -> Node:
    if depth > DEPTH_MAX:
        raise DocumentError("unreadable")
    if not isinstance(content, dict):
        return Node(name, _scalar(content))
    value_key = "$" if "$" in content else "v"
    children: list[Node] = []
    for key, item in content.items():
        if key == value_key and not isinstance(item, dict | list):
            continue
        if key.startswith("$"):
            continue
        many = item if isinstance(item, list) else [item]
        children.extend(_from_json(key, one, depth + 1) for one in many)
    return Node(
        name=name,
        value=_scalar(content.get(value_key)),
        attributes=FrozenDict(
            {key[1:]: _scalar(item) for key, item in content.items() if key[:1] == "$" != key}
        ),
        children=tuple(children),
    )


def _scalar(content: Any) -> str:
    if content is None or isinstance(content, dict | list):
        return ""
    if isinstance(content, bool):
        return "on" if content else "off"
    return str(content).strip()
