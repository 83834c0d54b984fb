"""Answers of panels come in many shapes; billing must read one meaning from all of them."""

import json
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_ispsystem_api.document import DEPTH_MAX, DocumentError, Node, parse

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"doc", "model", "v", "elem", "content", "error"}
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
objects = st.dictionaries(names, texts, max_size=6)


def as_xml(rows: list[dict[str, str]]) -> bytes:
    elements = "".join(
        "<elem>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in row.items()) + "</elem>"
        for row in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><doc>{elements}</doc>'.encode()


def as_json(rows: list[dict[str, str]], bare: bool) -> bytes:
    shown = [{k: {"$": v} for k, v in row.items()} for row in rows]
    elem = shown[0] if bare and len(shown) == 1 else shown
    return json.dumps({"doc": {"elem": elem}}).encode()


def values(document: Node) -> list[dict[str, str]]:
    return [{child.name: child.value for child in row.children} for row in document.rows()]


@given(rows=st.lists(objects, max_size=4), bare=st.booleans())
def test_xml_and_json_lists_read_the_same(rows: list[dict[str, str]], bare: bool) -> None:
    """The format is chosen by the panel's mood; a single row may come as a bare object."""
    assert values(parse(as_xml(rows))) == rows
    assert values(parse(as_json(rows, bare))) == rows


@given(fields=objects, attributes=st.dictionaries(names, texts, max_size=3))
def test_attributes_survive_both_forms(fields: dict[str, str], attributes: dict[str, str]) -> None:
    """Codes of translated values live in attributes: losing one loses the status."""
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    xml = f"<doc><thing{written}>x</thing></doc>".encode()
    of_json = {f"${name}": value for name, value in attributes.items()} | {"$": "x"}
    for body in (xml, json.dumps({"doc": {"thing": of_json}}).encode()):
        (thing,) = parse(body).all("thing")
        assert dict(thing.attributes) == attributes
        assert thing.value == "x"


@given(st.binary(max_size=200))
def test_no_body_breaks_the_parser(body: bytes) -> None:
    """Whatever arrives is a document or a DocumentError; anything else would be our fault."""
    try:
        seen = parse(body).name
    except DocumentError as error:
        seen = error.problem
    assert seen in {"doc", "empty", "html", "unreadable"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_parser(content: object) -> None:
    """JSON that is no document of the dialect must not be mistaken for a crash."""
    try:
        document = parse(json.dumps(content).encode())
    except DocumentError:
        return
    assert document.text("id") == document.text("id")
    assert document.error is None or document.error.type is not None
    assert isinstance(document.accepted, bool)


@pytest.mark.parametrize(
    "body",
    [
        b"<doc><id>7</id><ok/></doc>",
        b"<doc><item.id>7</item.id><ok/></doc>",
        b"<doc><item><id>7</id></item></doc>",
        b"<doc><ok/><doc><id>7</id></doc></doc>",
        b'{"doc":{"id":{"$":"7"}}}',
        b'{"doc":{"item.id":{"$":"7"},"ok":{}}}',
        b'{"doc":{"ok":{},"doc":{"id":{"$":"7"}}}}',
        b'{"id":{"v":"7"}}',
        b'{"doc":{"model":{"id":"7"}}}',
        b'{"doc":{"model":{"id":7}}}',
        b"\xef\xbb\xbf \n<doc><id> 7 </id></doc>",
    ],
)
def test_an_id_is_found_wherever_panels_put_it(body: bytes) -> None:
    """An order whose id is overlooked would be looked up, and in the end bought again."""
    document = parse(body)
    assert document.text("id", "item.id") == "7"
    assert document.accepted


@pytest.mark.parametrize(
    "body",
    [
        b'<doc><status orig="2">Active</status></doc>',
        '{"doc":{"status":{"$orig":"2","$":"Активен"}}}'.encode(),
        b"<doc><status>2</status></doc>",
        b'{"doc":{"status":"2"}}',
    ],
)
def test_a_code_is_read_behind_its_translation(body: bytes) -> None:
    """A status decides whether a service is active; its translation must not."""
    assert parse(body).code("item_status", "status") == "2"


def test_empty_values_give_way_to_the_next_name() -> None:
    """Forms carry empty fields; the value that was asked for may be under the other name."""
    document = parse(b"<doc><id/><item.id>9</item.id></doc>")
    assert document.text("id", "item.id") == "9"
    assert document.text("absent") == ""
    assert not document.has("absent")


def test_flattened_lists_have_rows() -> None:
    """One documented form of answers wraps every value of a row in an object of its own."""
    (row,) = parse(b'{"content":[{"id":{"v":"5"},"ip":{"v":"192.0.2.1"}}]}').rows()
    assert (row.text("id"), row.text("ip")) == ("5", "192.0.2.1")
    (row,) = parse(b'[{"id":"5"}]').rows()
    assert row.text("id") == "5"


def test_error_documents_are_read_in_every_form() -> None:
    """The machine type decides what billing does next."""
    xml = parse(
        b'<doc><error type="exists" object="user"><param name="object">user</param>'
        b'<param name="value">bob</param><msg>bob already exists</msg></error></doc>'
    ).error
    assert xml is not None
    assert (xml.type, xml.object, xml.value) == ("exists", "user", "bob")
    assert xml.message == "bob already exists"
    captured = parse(
        b'{"doc":{"error":{"$type":"auth","$object":"badpassword","$lang":"en",'
        b'"detail":{"$":"Invalid "},"param":[{"$name":"object","$":"badpassword"},'
        b'{"$name":"value","$":"remote_addr: [192.0.2.1]"}]}}}'
    ).error
    assert captured is not None
    assert (captured.type, captured.object, captured.message) == ("auth", "badpassword", "Invalid")
    flat = parse(b'{"error":{"msg":"no"}}').error
    assert flat is not None
    assert (flat.type, flat.message) == ("", "no")
    assert parse(b"<doc><ok/></doc>").error is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "html"),
        (b"<HTML><body>Just a moment<br></body></HTML>", "html"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "html"),
        (b"<doc><id>7</id><o", "unreadable"),
        (b'{"doc":{"id":', "unreadable"),
        (b"<other/>", "unreadable"),
        (b"42", "unreadable"),
        (b'<!DOCTYPE doc [<!ENTITY a "b">]><doc>&a;</doc>', "unreadable"),
        (b'<!DOCTYPE doc SYSTEM "file:///etc/passwd"><doc/>', "unreadable"),
        (b"<doc>" + b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1) + b"</doc>", "unreadable"),
        (b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1), "unreadable"),
        (b"[" * 100_000, "unreadable"),
    ],
)
def test_what_is_no_document_says_why(body: bytes, problem: str) -> None:
    """Firewalls, cut connections and hostile entities must end as a clear doubt."""
    with pytest.raises(DocumentError) as caught:
        parse(body)
    assert caught.value.problem == problem
