"""Users of the panel: which one is a service's own, and what a new one may be called. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from billing_hookspecs import ServiceView
from billing_ispsystem_api.document import Node

USER_NAME_LENGTH_MAX: Final = 32
FULL_NAME_LENGTH_MAX: Final = 100
CANDIDATES_MAX: Final = 20
USER_LEVEL: Final = "16"


@dataclass(frozen=True, slots=True)
class PanelUser:
    name: str
    full_name: str
    comment: str
    preset: str
    is_active: bool

    def is_marked(self, reference: str) -> bool:
        """Whether this user was made for the service of that reference."""
        mark = mark_of(reference)
        return mark in self.comment or mark in self.full_name


def mark_of(reference: str) -> str:
    return f"[{reference}]"


def marked_full_name(client_name: str, reference: str) -> str:
    """The mark goes into the full name too: whether every panel keeps comments isn't sure."""
    mark = mark_of(reference)
    room = FULL_NAME_LENGTH_MAX - len(mark) - 1
    return f"{' '.join(client_name.split())[:room]} {mark}".strip()


def user_of_row(row: Node) -> PanelUser:
    return PanelUser(
        name=row.text("name"),
        full_name=row.text("fullname"),
        comment=row.text("comment", "note"),
        preset=row.text("preset"),
        is_active=row.code("active") != "off",
    )


def is_hosting_user(row: Node) -> bool:
    """Resellers and administrators may be listed too; they are never anybody's service."""
    return row.text("level") in ("", USER_LEVEL)


def name_candidates(service: ServiceView) -> Iterator[str]:
    """Names to try in turn: the one that the tariff plan's template gave, then numbered ones."""
    wanted = re.sub(r"[^a-z0-9_]", "", service.username.lower()) or f"user{service.id}"
    base = wanted if wanted[0].isalpha() else f"u{wanted}"
    yield base[:USER_NAME_LENGTH_MAX]
    for number in range(1, CANDIDATES_MAX):
        suffix = str(number)
        yield base[: USER_NAME_LENGTH_MAX - len(suffix)] + suffix
