"""One declaration of a form draws it, checks it and masks it."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Choice, FieldKind, FormField, Secret, check_fields, json_schema
from billing_hookspecs.fields import ascii_domain

TITLE = {"en": "Field", "ru": "Поле"}
CHOICES = (Choice("debian", {"en": "Debian"}), Choice("alma", {"en": "Alma", "ru": "Альма"}))


def field(kind: FieldKind, **changes: Any) -> FormField:
    choices = CHOICES if kind is FieldKind.CHOICE else ()
    return FormField("field", TITLE, kind, **{"choices": choices, **changes})


def checked(form_field: FormField, value: Any) -> Any:
    """The value that was accepted, or the list of what is wrong with it."""
    values, errors = check_fields((form_field,), {"field": value})
    return [error.detail for error in errors] or values.get("field")


@pytest.mark.parametrize(
    ("kind", "entered", "meant"),
    [
        (FieldKind.TEXT, "  a name ", "a name"),
        (FieldKind.SECRET, "  pa55 ", "  pa55 "),
        (FieldKind.INTEGER, 0, 0),
        (FieldKind.BOOLEAN, False, False),
        (FieldKind.CHOICE, "alma", "alma"),
        (FieldKind.URL, " https://panel.example.com:1500/ ", "https://panel.example.com:1500/"),
        (FieldKind.IP_ADDRESS, "2001:DB8:0::1", "2001:db8::1"),
        (FieldKind.IP_ADDRESS, " 192.0.2.1", "192.0.2.1"),
        (FieldKind.DOMAIN, "Пример.РФ.", "xn--e1afmkfd.xn--p1ai"),
        (FieldKind.EMAIL, "ann@example.com", "ann@example.com"),
        (FieldKind.DECIMAL, " 12.50 ", "12.50"),
        (FieldKind.DECIMAL, "0", "0"),
        (
            FieldKind.MONEY,
            {"amount_minor": 0, "currency": "JPY"},
            {"amount_minor": 0, "currency": "JPY"},
        ),
    ],
)
def test_what_was_entered_is_understood(kind: FieldKind, entered: Any, meant: Any) -> None:
    """Upstreams want one spelling of each thing."""
    assert checked(field(kind), entered) == meant


@pytest.mark.parametrize(
    ("kind", "entered", "detail"),
    [
        (FieldKind.TEXT, 1, "must be a string"),
        (FieldKind.TEXT, "a\x00b", "must not contain control characters"),
        (FieldKind.TEXT, "a\x85b", "must not contain control characters"),
        (FieldKind.TEXT, "a\ud800", "must not contain control characters"),
        (FieldKind.TEXT, "a" * 256, "must be at most 255 characters long"),
        (FieldKind.SECRET, "a\nb", "must not contain control characters"),
        (FieldKind.INTEGER, True, "must be a whole number"),
        (FieldKind.INTEGER, "1", "must be a whole number"),
        (FieldKind.INTEGER, 1.0, "must be a whole number"),
        (FieldKind.BOOLEAN, 1, "must be true or false"),
        (FieldKind.BOOLEAN, "", "must be true or false"),
        (FieldKind.CHOICE, "windows", "must be one of debian, alma"),
        (FieldKind.IP_ADDRESS, "192.0.2.256", "must be an IPv4 or IPv6 address"),
        (FieldKind.IP_ADDRESS, "192.0.2.0/24", "must be an IPv4 or IPv6 address"),
        (FieldKind.IP_ADDRESS, "fe80::1%<b>", "must be an IPv4 or IPv6 address"),
        (FieldKind.DOMAIN, "localhost", "must be a domain name, such as example.com"),
        (FieldKind.DOMAIN, "a_b.example.com", "must be a domain name, such as example.com"),
        (FieldKind.DOMAIN, "-a.example.com", "must be a domain name, such as example.com"),
        (FieldKind.DOMAIN, "192.0.2.1", "must be a domain name, not an address"),
        (FieldKind.DOMAIN, "a..com", "must be a domain name"),
        (FieldKind.EMAIL, "ann", "must be an e-mail address"),
        (FieldKind.EMAIL, "ann @example.com", "must be an e-mail address"),
        (FieldKind.URL, "ftp://example.com", "must be an http or https URL"),
        (FieldKind.URL, "https://", "must be an http or https URL"),
        (FieldKind.URL, "https://example.com:0/", "must be an http or https URL"),
        (FieldKind.URL, "https://example.com:99999/", "must be a URL"),
        (FieldKind.URL, "https://[::1", "must be a URL"),
        (FieldKind.URL, "https://exa mple.com/", "must not contain spaces"),
        (FieldKind.URL, "https://ann:pw@example.com/", "must not contain a user name"),
        (FieldKind.URL, "https://ann@example.com/", "must not contain a user name"),
        (FieldKind.DECIMAL, 12.5, "must be a string"),
        (FieldKind.DECIMAL, 12, "must be a string"),
        (FieldKind.DECIMAL, "-1", "must be a decimal number"),
        (FieldKind.DECIMAL, "1e3", "must be a decimal number"),
        (FieldKind.DECIMAL, "1,5", "must be a decimal number"),
        (FieldKind.DECIMAL, "NaN", "must be a decimal number"),
        (FieldKind.DECIMAL, "١٢", "must be a decimal number"),
        (FieldKind.MONEY, 500, "must have exactly amount_minor and currency"),
        (FieldKind.MONEY, "5.00 EUR", "must have exactly amount_minor and currency"),
        (FieldKind.MONEY, {"amount_minor": 5}, "must have exactly"),
        (FieldKind.MONEY, {"amount_minor": 5, "currency": "EUR", "x": 1}, "must have exactly"),
        (FieldKind.MONEY, {"amount_minor": 5.0, "currency": "EUR"}, "amount_minor must be a whole"),
        (FieldKind.MONEY, {"amount_minor": True, "currency": "EUR"}, "amount_minor must be"),
        (FieldKind.MONEY, {"amount_minor": 5, "currency": "eur"}, "currency must be three"),
        (FieldKind.MONEY, {"amount_minor": 5, "currency": None}, "currency must be three"),
    ],
)
def test_what_breaks_a_rule_is_named(kind: FieldKind, entered: Any, detail: str) -> None:
    """The person at the form must learn what to change."""
    (said,) = checked(field(kind), entered)
    assert said.startswith(detail)


@pytest.mark.parametrize(
    ("entered", "expected"),
    [(4, ["must be at least 5"]), (5, 5), (9, 9), (10, ["must be at most 9"])],
)
def test_an_integer_keeps_its_bounds(entered: int, expected: Any) -> None:
    """Bounds are part of the range."""
    assert checked(field(FieldKind.INTEGER, minimum=5, maximum=9), entered) == expected


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("4.999999", ["must be at least 5"]),
        ("5.0", "5.0"),
        ("9", "9"),
        ("9.000001", ["must be at most 9"]),
    ],
)
def test_a_decimal_keeps_its_bounds(entered: str, expected: Any) -> None:
    """A percentage of 1000.000001 is as wrong as one of 2000."""
    assert checked(field(FieldKind.DECIMAL, minimum=5, maximum=9), entered) == expected


@pytest.mark.parametrize(
    ("minor", "details"), [(4, ["must be at least 5"]), (5, None), (10, ["must be at most 9"])]
)
def test_money_keeps_its_bounds(minor: int, details: list[str] | None) -> None:
    """Bounds of money count minor units, whatever the currency."""
    entered = {"amount_minor": minor, "currency": "EUR"}
    assert checked(field(FieldKind.MONEY, minimum=5, maximum=9), entered) == (details or entered)


@pytest.mark.parametrize("kind", [it for it in FieldKind if it is not FieldKind.BOOLEAN])
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_nothing_entered_is_nothing(kind: FieldKind, nothing: str | None) -> None:
    """Forms send empty strings for fields that nobody touched."""
    if kind is FieldKind.SECRET and nothing == " ":
        assert checked(field(kind), nothing) == " ", "a secret of spaces is a secret"
        return
    assert checked(field(kind), nothing) == ["is required"]
    assert checked(field(kind, required=False), nothing) is None


def test_an_absent_field_takes_its_default() -> None:
    """A default that only showed in the form would depend on who draws it."""
    form = (FormField("a", TITLE, default="x"), FormField("b", TITLE, required=False))
    assert check_fields(form, {}) == ({"a": "x"}, [])


def test_every_error_is_told_at_once_with_its_place() -> None:
    """Nobody likes to correct a form one field at a time."""
    form = (FormField("a", TITLE), FormField("b", TITLE, FieldKind.INTEGER))
    values, errors = check_fields(form, {"b": "x", "c": 1}, "/parameters")
    assert values == {}
    assert {error.pointer: error.detail for error in errors} == {
        "/parameters/a": "is required",
        "/parameters/b": "must be a whole number",
        "/parameters/c": "is not a field of this form",
    }


def test_a_secret_comes_back_masked() -> None:
    """From here on it can't be printed by accident."""
    value = checked(field(FieldKind.SECRET), "hunter2-but-longer")
    assert type(value) is Secret
    assert type(checked(field(FieldKind.SECRET), value)) is Secret


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
NEARLY = st.one_of(
    st.decimals(0, 10**12, places=2).map(str),
    st.builds(
        lambda minor, currency: {"amount_minor": minor, "currency": currency},
        st.integers() | st.none(),
        st.sampled_from(["EUR", "JPY", "eur", ""]),
    ),
    st.ip_addresses().map(str),
    st.from_regex(r"https?://[a-zé0-9.:\[\]@%-]{0,20}/?[a-z0-9 /?#]{0,10}", fullmatch=True),
    st.from_regex(r"([a-zöß0-9-]{0,9}[.。]){0,4}[a-zß]{0,5}", fullmatch=True),
    st.emails(),
    st.sampled_from(["debian", "xn--", "1.2.3.4.", "::%1", "http://ℂ.example", "\ud800.com"]),
)
FIELDS = st.builds(
    field,
    st.sampled_from(FieldKind),
    required=st.booleans(),
    minimum=st.none() | st.integers(),
    maximum=st.none() | st.integers(),
    length_max=st.integers(1, 300),
)


@given(FIELDS, ANYTHING | NEARLY)
def test_whatever_is_entered_the_answer_is_a_value_or_an_error(
    form_field: FormField, entered: Any
) -> None:
    """A form is open to the whole world; an exception would be a page of traceback."""
    values, errors = check_fields((form_field,), {"field": entered})
    assert not (values and errors)
    for value in values.values():
        assert not isinstance(value, str) or value.encode()
        assert check_fields((form_field,), values) == (values, []), "a value isn't one any more"


TEXTS = NEARLY.filter(lambda it: isinstance(it, str))


@given(TEXTS)
def test_an_accepted_url_leads_to_a_host(entered: str) -> None:
    """The HTTP client is bound to this host, so there must be one."""
    value = checked(field(FieldKind.URL), entered)
    if isinstance(value, str):
        parts = urlsplit(value)
        assert parts.hostname
        assert parts.scheme in ("http", "https")
        assert parts.username is None


@given(TEXTS)
def test_an_accepted_domain_is_ascii_and_stays_as_it_is(entered: str) -> None:
    """Web servers are configured with this spelling."""
    try:
        name = ascii_domain(entered)
    except ValueError:
        return
    assert name.isascii()
    assert name == name.lower()
    assert ascii_domain(name) == name


@given(st.lists(FIELDS, max_size=3))
def test_every_form_can_be_drawn(fields: list[FormField]) -> None:
    """Frontends draw forms from the schema alone."""
    schema = json_schema(fields, "ru")
    assert schema["additionalProperties"] is False
    assert schema["required"] == [it.name for it in fields if it.required]


def test_the_schema_says_all_that_a_frontend_needs() -> None:
    """Whatever is missing here would be guessed there."""
    form = (
        FormField("name", TITLE, hint={"en": "As on the invoice"}, length_max=64),
        FormField("token", TITLE, FieldKind.SECRET),
        FormField("cores", TITLE, FieldKind.INTEGER, minimum=1, maximum=8, default=2),
        FormField("backups", TITLE, FieldKind.BOOLEAN, required=False, default=True),
        FormField("system", TITLE, FieldKind.CHOICE, choices=CHOICES),
        FormField("address", TITLE, FieldKind.IP_ADDRESS),
        FormField("percent", TITLE, FieldKind.DECIMAL, maximum=100),
        FormField("fee", TITLE, FieldKind.MONEY, minimum=0, required=False),
    )
    assert json_schema(form, "ru") == {
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "title": "Поле",
                "maxLength": 64,
                "description": "As on the invoice",
            },
            "token": {
                "type": "string",
                "title": "Поле",
                "format": "password",
                "writeOnly": True,
                "maxLength": 255,
            },
            "cores": {
                "type": "integer",
                "title": "Поле",
                "minimum": 1,
                "maximum": 8,
                "default": 2,
            },
            "backups": {"type": "boolean", "title": "Поле", "default": True},
            "system": {
                "type": "string",
                "title": "Поле",
                "oneOf": [
                    {"const": "debian", "title": "Debian"},
                    {"const": "alma", "title": "Альма"},
                ],
            },
            "address": {"type": "string", "title": "Поле", "format": "ip", "maxLength": 255},
            "percent": {
                "type": "string",
                "title": "Поле",
                "pattern": r"^\d{1,12}(\.\d{1,6})?$",
                "maxLength": 255,
            },
            "fee": {
                "type": "object",
                "title": "Поле",
                "properties": {
                    "amount_minor": {"type": "integer", "minimum": 0},
                    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                },
                "required": ["amount_minor", "currency"],
                "additionalProperties": False,
            },
        },
        "required": ["name", "token", "cores", "system", "address", "percent"],
        "additionalProperties": False,
    }
