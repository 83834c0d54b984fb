"""Writes replies down as XML, JSON, flattened JSON or text."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from billing_ispsystem_api.simulator.replies import (
    Branch,
    Fields,
    RefusalError,
    Reply,
    Text,
    leaves,
)

HTML_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Just a moment</body></html>"
)
XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What was asked and how: it is repeated in the answer.

    ``page``, ``page_size`` and ``total`` belong to lists; ``bare_row`` writes a list of one
    as a bare object in JSON.
    """

    manager: str
    function: str
    out: str
    language: str
    host: str
    parameters: Mapping[str, str]
    page: int = 1
    page_size: int = 1000
    total: int = 0
    bare_row: bool = False


def render(answer: Reply | RefusalError, occasion: Occasion) -> tuple[bytes, str]:
    """Body and content type. Without a known ``out`` a person gets the user interface."""
    match occasion.out:
        case "xml" | "devel":
            return _xml(_document(answer, occasion)), XML
        case "json" | "sjson":
            return _json(
                {"doc": _json_object(_document(answer, occasion), occasion.bare_row)}
            ), JSON
        case "bjson":
            return _json(_flattened(answer)), JSON
        case "JSONdata":
            rows = answer.rows if isinstance(answer, Reply) and answer.rows else ()
            return _json([_plain(row) for row in rows]), JSON
        case "text":
            return (_text(answer) + "\n").encode(), "text/plain; charset=UTF-8"
    return HTML_PAGE, "text/html; charset=UTF-8"


def _document(answer: Reply | RefusalError, occasion: Occasion) -> Branch:
    if isinstance(answer, RefusalError):
        return Branch("doc", children=(_error(answer, occasion.language),))
    children: list[Branch] = []
    if answer.done:
        children.append(Branch("ok"))
    children.extend(leaves(answer.fields))
    if answer.nested is not None:
        children.append(Branch.of_fields("doc", answer.nested))
    if answer.rows is not None:
        children.extend(Branch.of_fields("elem", row) for row in answer.rows)
        children.extend(_paging(answer, occasion))
    children.extend(answer.branches)
    if answer.done or answer.rows is not None:
        # Reading a form answers no tparams: clients tell a missing object by them.
        shown = {"func": occasion.function, "out": occasion.out}
        if "elid" in occasion.parameters:
            shown["elid"] = occasion.parameters["elid"]
        children.append(Branch.of_fields("tparams", shown))
    attributes = {
        "lang": occasion.language,
        "func": occasion.function,
        "binary": f"/{occasion.manager}",
        "host": occasion.host,
        "features": hashlib.sha256(occasion.manager.encode()).hexdigest()[:32],
        "notify": "",
    }
    return Branch("doc", attributes=attributes, children=tuple(children))


def _paging(answer: Reply, occasion: Occasion) -> tuple[Branch, ...]:
    return leaves(
        {
            "p_cnt": str(occasion.page_size),
            "p_elems": str(occasion.total),
            "p_num": str(occasion.page),
            "p_order": "asc",
            "p_sort": answer.key,
        }
    )


def _error(refusal: RefusalError, language: str) -> Branch:
    children = [
        Branch(
            "param",
            refusal.object,
            {"name": "object", "type": "msg", "msg": refusal.object},
        ),
        Branch("param", refusal.value, {"name": "value"}),
        # Templates stay in English whatever the language is.
        Branch("group", "__object__ was refused with '__value__'"),
        Branch("msg", refusal.message),
        Branch("detail", refusal.message),
    ]
    attributes = {"type": refusal.type, "object": refusal.object, "lang": language}
    return Branch("error", attributes=attributes, children=tuple(children))


def _xml(document: Branch) -> bytes:
    root = Element(document.name, dict(document.attributes))
    _fill(root, document)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}'.encode()


def _fill(element: Element, branch: Branch) -> None:
    element.text = branch.value or None
    for child in branch.children:
        _fill(SubElement(element, child.name, dict(child.attributes)), child)


_LISTED = frozenset({"elem", "param", "pricelist", "period", "addon", "enumeration", "filter"})


def _json_object(branch: Branch, bare: bool) -> dict[str, Any]:
    content: dict[str, Any] = {f"${name}": value for name, value in branch.attributes.items()}
    if branch.value:
        content["$"] = branch.value
    for child in branch.children:
        item = _json_object(child, bare)
        if child.name in content:
            if not isinstance(content[child.name], list):
                content[child.name] = [content[child.name]]
            content[child.name].append(item)
        else:
            content[child.name] = [item] if child.name in _LISTED and not bare else item
    return content


def _flattened(answer: Reply | RefusalError) -> dict[str, Any]:
    if isinstance(answer, RefusalError):
        return {"error": {"$type": answer.type, "msg": {"$": answer.message}}}
    if answer.rows is not None:
        return {
            "content": [
                {name: {"v": value} for name, value in _plain(row).items()} for row in answer.rows
            ]
        }
    if answer.done:
        shown = {**_plain(answer.fields), **_plain(answer.nested or {})}
        return {"ok": {}, **{name: {"v": value} for name, value in shown.items()}}
    return {"doc": {"model": _plain(answer.fields, keep_empty=True)}}


def _plain(fields: Fields, *, keep_empty: bool = False) -> dict[str, str]:
    values = {
        name: item.attributes.get("orig", item.value) if isinstance(item, Text) else item
        for name, item in fields.items()
    }
    return {name: value for name, value in values.items() if value or keep_empty}


def _text(answer: Reply | RefusalError) -> str:
    if isinstance(answer, RefusalError):
        return (
            f"ERROR Error: Type: '{answer.type}' Object: '{answer.object}' Value: '{answer.value}'"
        )
    if answer.rows is not None:
        return "\n".join(
            " ".join(f"{name}={value}" for name, value in _plain(row).items())
            for row in answer.rows
        )
    if answer.done:
        return "OK"
    return " ".join(f"{name}={value}" for name, value in _plain(answer.fields).items())


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
