"""Fields of forms: a driver's settings, an order's parameters, a policy's parameters.

One declaration serves three readers: the JSON Schema that frontends draw forms from, the
check of what they send back, and the masking of secrets.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from billing_hookspecs.errors import FieldError
from billing_hookspecs.values import Json, LocalizedText, Secret, Value, text_in


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    URL = "url"
    IP_ADDRESS = "ip_address"
    DOMAIN = "domain"
    EMAIL = "email"
    DECIMAL = "decimal"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Choice(Value):
    value: str
    title: LocalizedText


@dataclass(frozen=True, slots=True)
class FormField(Value):
    """One field of a form.

    ``length_max`` bounds text in characters; ``minimum`` and ``maximum`` bound integers,
    decimals and the minor units of money. A decimal is a string such as ``"12.5"``, never
    negative; money is ``{"amount_minor": 500, "currency": "EUR"}``.
    ``client_visible`` is False for what only employees may read back.
    """

    name: str
    title: LocalizedText
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    default: str | int | bool | None = None
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    length_max: int = 255
    hint: LocalizedText | None = None


_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_DECIMAL = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_UNPRINTABLE = ("Cc", "Cs")
"""Controls, and halves of characters that no encoding can carry."""
_JSON_TYPES = {FieldKind.INTEGER: "integer", FieldKind.BOOLEAN: "boolean"}
_CURRENCY = "[A-Z]{3}"
_JSON_FORMATS = {
    FieldKind.URL: "uri",
    FieldKind.IP_ADDRESS: "ip",
    FieldKind.DOMAIN: "hostname",
    FieldKind.EMAIL: "email",
    FieldKind.SECRET: "password",
}


def json_schema(fields: Sequence[FormField], language: str = "en") -> dict[str, Json]:
    """A JSON Schema object for ``fields`` with titles in ``language``."""
    properties: dict[str, Json] = {}
    for field in fields:
        schema: dict[str, Json] = {
            "type": _JSON_TYPES.get(field.kind, "string"),
            "title": text_in(field.title, language),
        }
        if field.kind is FieldKind.MONEY:
            schema |= _money_schema(field)
        if field.kind is FieldKind.DECIMAL:
            schema["pattern"] = f"^{_DECIMAL.pattern}$"
        if field.kind in _JSON_FORMATS:
            schema["format"] = _JSON_FORMATS[field.kind]
        if field.kind is FieldKind.SECRET:
            schema["writeOnly"] = True
        if field.kind is FieldKind.CHOICE:
            schema["oneOf"] = [
                {"const": choice.value, "title": text_in(choice.title, language)}
                for choice in field.choices
            ]
        if schema["type"] == "string" and field.kind is not FieldKind.CHOICE:
            schema["maxLength"] = field.length_max
        if field.kind is FieldKind.INTEGER:
            schema |= _bounds(field)
        if field.default is not None:
            schema["default"] = field.default
        if field.hint:
            schema["description"] = text_in(field.hint, language)
        properties[field.name] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _money_schema(field: FormField) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": {
            "amount_minor": {"type": "integer", **_bounds(field)},
            "currency": {"type": "string", "pattern": f"^{_CURRENCY}$"},
        },
        "required": ["amount_minor", "currency"],
        "additionalProperties": False,
    }


def _bounds(field: FormField) -> dict[str, Json]:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def check_fields(
    fields: Sequence[FormField], given: Mapping[str, Any], pointer: str = ""
) -> tuple[dict[str, Any], list[FieldError]]:
    """The values that ``given`` means, and everything that is wrong with it.

    Unknown names are errors, absent optional fields take their default, secrets come back as
    ``Secret``, domain names in lower-case ASCII (IDNA). ``pointer`` is put before each name.
    """
    known = {field.name: field for field in fields}
    errors = [
        FieldError(f"{pointer}/{name}", "is not a field of this form")
        for name in given
        if name not in known
    ]
    values: dict[str, Any] = {}
    for name, field in known.items():
        value = given.get(name)
        if value is None or _is_blank(field, value):
            if field.default is not None:
                values[name] = field.default
            elif field.required:
                errors.append(FieldError(f"{pointer}/{name}", "is required"))
            continue
        try:
            values[name] = _checked(field, value)
        except ValueError as error:
            errors.append(FieldError(f"{pointer}/{name}", str(error)))
    return values, errors


def _is_blank(field: FormField, value: Any) -> bool:
    """Whether nothing was entered; a secret of spaces is a secret."""
    if not isinstance(value, str) or field.kind is FieldKind.BOOLEAN:
        return False
    return not (value if field.kind is FieldKind.SECRET else value.strip())


def _checked(field: FormField, value: Any) -> str | int | bool | dict[str, Any]:
    match field.kind:
        case FieldKind.BOOLEAN:
            if type(value) is not bool:
                raise ValueError("must be true or false")
            return value
        case FieldKind.INTEGER:
            if type(value) is not int:
                raise ValueError("must be a whole number")
            _check_bounds(field, value)
            return value
        case FieldKind.MONEY:
            return _checked_money(field, value)
    if type(value) is not str and not isinstance(value, Secret):
        raise ValueError("must be a string")
    if len(value) > field.length_max:
        raise ValueError(f"must be at most {field.length_max} characters long")
    if any(unicodedata.category(character) in _UNPRINTABLE for character in value):
        raise ValueError("must not contain control characters")
    match field.kind:
        case FieldKind.DECIMAL:
            if not _DECIMAL.fullmatch(value.strip()):
                raise ValueError('must be a decimal number as a string, such as "12.5"')
            _check_bounds(field, Decimal(value.strip()))
            return value.strip()
        case FieldKind.SECRET:
            return Secret(value)
        case FieldKind.CHOICE:
            allowed = [choice.value for choice in field.choices]
            if value not in allowed:
                raise ValueError(f"must be one of {', '.join(allowed)}")
        case FieldKind.IP_ADDRESS:
            try:
                address = ipaddress.ip_address(value.strip())
                if getattr(address, "scope_id", None):
                    raise ValueError("a scope means something on one machine only")
                return str(address)
            except ValueError:
                raise ValueError("must be an IPv4 or IPv6 address") from None
        case FieldKind.DOMAIN:
            return ascii_domain(value)
        case FieldKind.EMAIL:
            if not _EMAIL.fullmatch(value):
                raise ValueError("must be an e-mail address")
        case FieldKind.URL:
            return _checked_url(value)
    return value.strip() if field.kind is FieldKind.TEXT else value


def _check_bounds(field: FormField, value: int | Decimal) -> None:
    if field.minimum is not None and value < field.minimum:
        raise ValueError(f"must be at least {field.minimum}")
    if field.maximum is not None and value > field.maximum:
        raise ValueError(f"must be at most {field.maximum}")


def _checked_money(field: FormField, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != {"amount_minor", "currency"}:
        raise ValueError("must have exactly amount_minor and currency")
    amount_minor, currency = value["amount_minor"], value["currency"]
    if type(amount_minor) is not int:
        raise ValueError("amount_minor must be a whole number of minor units")
    if type(currency) is not str or not re.fullmatch(_CURRENCY, currency):
        raise ValueError("currency must be three capital letters")
    _check_bounds(field, amount_minor)
    return {"amount_minor": amount_minor, "currency": currency}


def ascii_domain(value: str) -> str:
    """A domain name in lower-case ASCII; raises ValueError where it is none."""
    try:
        name = value.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("must be a domain name") from None
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must be a domain name, such as example.com")
    if labels[-1].isdigit():
        raise ValueError("must be a domain name, not an address")
    return name


def _checked_url(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        port_is_valid = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        raise ValueError("must be a URL, such as https://example.com:1500/") from None
    if any(character.isspace() for character in value.strip()):
        raise ValueError("must not contain spaces")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ValueError("must be an http or https URL, such as https://example.com:1500/")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password")
    return value.strip()
