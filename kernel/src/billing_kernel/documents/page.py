"""A document in words, before HTML or PDF give it a shape: nothing but text, in order."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it is the label of."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PartyBlock:
    """Somebody on the page; ``address`` is lines."""

    label: str
    name: str
    address: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` is ``position``, ``description``, ``net``, ``rate``, ``tax`` or ``total``."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """``cells`` by the columns' keys; ``detail`` stands in small print below the description."""

    cells: dict[str, str]
    detail: str


@dataclass(frozen=True, slots=True)
class PaymentBlock:
    """How to pay, or where this company's money goes; ``code`` is an SVG or empty."""

    title: str
    facts: tuple[Fact, ...]
    code: str
    code_caption: str


@dataclass(frozen=True, slots=True)
class Page:
    """``tone`` is that of the status: ``due``, ``paid``, ``cancelled`` or empty.

    ``pages`` says "Page 1 of 2" with the places ``{page}`` and ``{pages}``.
    """

    language: str
    heading: str
    title: str
    number: str
    issued: Fact
    corrects: str
    status: str
    tone: str
    company: PartyBlock
    payer: PartyBlock
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    subtotals: tuple[Fact, ...]
    total: Fact
    notes: tuple[str, ...]
    payment: PaymentBlock
    footer: str
    pages: str

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries, lists and strings."""
        return asdict(self)
