"""User names and domains of services, made from a tariff plan's templates.

A template is read once, from left to right: a macro inside of a value stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from billing_hookspecs import ascii_domain

USERNAME_TEMPLATE: Final = "user@ID@"
DOMAIN_TEMPLATE: Final = "@USERNAME@.example.com"
USERNAME_MAX: Final = 16
DOMAIN_TEMPLATE_MAX: Final = 190
USERNAME_MACROS: Final = ("USERNAME", "DOMAIN", "ID", "ACCOUNT_ID")
DOMAIN_MACROS: Final = ("USERNAME", "TYPE", "ID")
IDS: Final = frozenset({"ID", "ACCOUNT_ID"})
"""Macros whose values are never cut: the rest of a number is another number."""

_MACRO: Final = re.compile(r"@([A-Z_]+)@")
_PLAIN: Final = re.compile(r"[a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class NamedService:
    """What the macros stand for: a service, its product type, and the login of its client."""

    id: int
    client_id: int
    login: str
    product_type: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a name; ``macro`` is "" for the template's own text."""

    macro: str
    text: str

    @property
    def is_id(self) -> bool:
        return self.macro in IDS


def username_template_error(template: str) -> str | None:
    """What is wrong with a template of user names; None if it can be used."""
    if len(template) > USERNAME_MAX:
        return f"must be at most {USERNAME_MAX} characters long"
    if unknown := _unknown_macro(template, USERNAME_MACROS):
        return unknown
    if not _PLAIN.fullmatch(_MACRO.sub("", template)):
        return "may have lower-case letters, digits, - and _ beside its macros"
    return None


def domain_template_error(template: str) -> str | None:
    """What is wrong with a template of domains; None if it can be used."""
    if len(template) > DOMAIN_TEMPLATE_MAX:
        return f"must be at most {DOMAIN_TEMPLATE_MAX} characters long"
    if unknown := _unknown_macro(template, DOMAIN_MACROS):
        return unknown
    if template and not _is_domain(_MACRO.sub("x", template)):
        return f"must make a domain name, such as {DOMAIN_TEMPLATE}"
    return None


def usernames(template: str, service: NamedService, domain: str) -> Iterator[str]:
    """User names by the template, best first; from the second on with a number, without end."""
    values = {
        "USERNAME": plain_login(service.login),
        "DOMAIN": re.sub(r"[^a-z0-9]", "", domain),
        "ID": str(service.id),
        "ACCOUNT_ID": str(service.client_id),
    }
    parts = _parts(template, values)
    yield _fitted(parts, lambda name: len(name) <= USERNAME_MAX)
    for number in count(2):
        numbered = [*parts, _Part("ID", str(number))]
        yield _fitted(numbered, lambda name: len(name) <= USERNAME_MAX)


def domains(template: str, service: NamedService) -> Iterator[str]:
    """Domains by the template, best first; from the second on with a number, without end."""
    values = {
        "USERNAME": plain_login(service.login),
        "TYPE": service.product_type.replace("_", "-"),
        "ID": str(service.id),
    }
    parts = _parts(template, values)
    yield _fitted(parts, _is_domain)
    for number in count(2):
        yield _fitted(_numbered_label(parts, number), _is_domain)


def plain_login(login: str) -> str:
    """The local part of an e-mail login: lower-case letters and digits, nothing else."""
    return re.sub(r"[^a-z0-9]", "", login.partition("@")[0].lower()) or "user"


def _unknown_macro(template: str, known: tuple[str, ...]) -> str | None:
    for name in _MACRO.findall(template):
        if name not in known:
            return f"@{name}@ is no macro: {', '.join(f'@{macro}@' for macro in known)}"
    return "has an @ that is no macro's" if "@" in _MACRO.sub("", template) else None


def _parts(template: str, values: Mapping[str, str]) -> list[_Part]:
    pieces = _MACRO.split(template)
    return [
        _Part(piece, values[piece]) if index % 2 else _Part("", piece)
        for index, piece in enumerate(pieces)
    ]


def _fitted(parts: list[_Part], fits: Callable[[str], bool]) -> str:
    """The parts as one name, the longest macro's value cut as far as needed, never an id.

    Only where no macro is left to cut, the template's own text is.
    """
    parts = list(parts)
    while not fits(name := "".join(part.text for part in parts)):
        cuttable = [
            (bool(part.macro), len(part.text), -index)
            for index, part in enumerate(parts)
            if part.text and not part.is_id
        ]
        if not cuttable:
            break
        place = -max(cuttable)[2]
        parts[place] = replace(parts[place], text=parts[place].text[:-1])
    return name


def _numbered_label(parts: list[_Part], number: int) -> list[_Part]:
    """The parts with a number at the end of the domain's first label."""
    for index, part in enumerate(parts):
        head, dot, tail = part.text.partition(".")
        if dot:
            split = [replace(part, text=head), _Part("ID", str(number)), _Part("", dot + tail)]
            return [*parts[:index], *split, *parts[index + 1 :]]
    return [*parts, _Part("ID", str(number))]


def _is_domain(text: str) -> bool:
    try:
        return ascii_domain(text) == text
    except ValueError:
        return False
