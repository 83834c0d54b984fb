"""Ways to write to a database past the kernel, for the guards of the schema to refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.dialects import postgresql

from billing_kernel.domain.ledger import AccountKind
from billing_kernel.models import Base

APPEND_ONLY = "append-only|keeps what it was written with"
UNIQUE = "duplicate key|UNIQUE constraint failed"


@dataclass(frozen=True, slots=True)
class Sold:
    """A database in which something was sold: an opened, a paid and an unpaid order."""

    engine: Engine
    is_sqlite: bool

    def one(self, connection: Connection, table: str, **where: Any) -> dict[str, Any]:
        """The first row of a table with these values."""
        rows = Base.metadata.tables[table]
        found = connection.execute(select(rows).filter_by(**where).order_by(rows.c.id))
        return dict(found.mappings().first() or {})

    def add(self, connection: Connection, table: str, row: dict[str, Any], **changes: Any) -> int:
        """Insert a row like another one, but for ``changes``; its id."""
        values = {**row, **changes}
        if "id" not in changes:
            values.pop("id", None)
        result = connection.execute(insert(Base.metadata.tables[table]).values(values))
        return int(next(iter(result.inserted_primary_key or ())))


Attack = Callable[[Connection, Sold], object]


def attempt(sold: Sold, attack: Attack) -> None:
    """Attack in one transaction, up to and with its commit."""
    with sold.engine.begin() as connection:
        attack(connection, sold)


def entry(
    connection: Connection, sold: Sold, *legs: tuple[str, int], sealed: bool = True, **columns: Any
) -> int:
    """Write an entry the way the kernel does: open, postings, sealed."""
    like = {**sold.one(connection, "ledger_entries"), "sealed": 0, "source_id": 10**6}
    entry_id = sold.add(connection, "ledger_entries", {**like, **columns})
    for kind, amount in legs:
        posting(connection, sold, entry_id, kind, amount)
    if sealed:
        sql(f"UPDATE ledger_entries SET sealed = 1 WHERE id = {entry_id}")(connection, sold)
    return entry_id


def posting(
    connection: Connection, sold: Sold, entry_id: int, kind: str, amount: int, **columns: Any
) -> int:
    account = sold.one(connection, "ledger_accounts", kind=kind)
    row = {
        **sold.one(connection, "postings"),
        "entry_id": entry_id,
        "ledger_account_id": account["id"],
        "amount_minor": amount,
        "currency": account["currency"],
    }
    return sold.add(connection, "postings", row, **columns)


def sql(statement: str) -> Attack:
    return lambda connection, _sold: connection.execute(text(statement))


def again(table: str, where: dict[str, Any] | None = None, **changes: Any) -> Attack:
    """Insert a row once more, with changes."""

    def attack(connection: Connection, sold: Sold) -> object:
        row = sold.one(connection, table, **(where or {}))
        assert row
        return sold.add(connection, table, row, **changes)

    return attack


def in_two_currencies(connection: Connection, sold: Sold) -> object:
    revenue = sold.one(connection, "ledger_accounts", kind="revenue")
    euros = {**revenue, "currency": "EUR", "kind": str(AccountKind.ROUNDING), "balance_minor": 0}
    sold.add(connection, "ledger_accounts", euros)
    return entry(connection, sold, ("revenue", 5), ("rounding", -5))


def to_a_sealed_entry(connection: Connection, sold: Sold) -> object:
    return posting(connection, sold, sold.one(connection, "ledger_entries")["id"], "revenue", 5)


def reversed_twice(connection: Connection, sold: Sold) -> object:
    first = sold.one(connection, "ledger_entries")["id"]
    for source_id in (1, 2):
        legs = (("revenue", 5), ("held", -5))
        entry(connection, sold, *legs, source_id=-source_id, reverses_entry_id=first)
    return None


def posted(kind: str, amount: int, **columns: Any) -> Attack:
    def attack(connection: Connection, sold: Sold) -> object:
        entry_id = entry(connection, sold, sealed=False)
        return posting(connection, sold, entry_id, kind, amount, **columns)

    return attack


def written(*legs: tuple[str, int], sealed: bool = True, **columns: Any) -> Attack:
    return lambda connection, sold: entry(connection, sold, *legs, sealed=sealed, **columns)


def line_of_new_invoice(connection: Connection, sold: Sold, **columns: Any) -> object:
    """Issue an invoice of one line as the kernel does, but for ``columns`` of the line."""
    invoice = sold.one(connection, "invoices", status="new")
    invoice_id = sold.add(connection, "invoices", invoice, series_number=999, number="X")
    line = sold.one(connection, "invoice_lines", invoice_id=invoice["id"])
    return sold.add(connection, "invoice_lines", line, invoice_id=invoice_id, **columns)


def replaced(table: str, **changes: Any) -> Attack:
    """Write a row over the one with its key, the way each database has for that."""

    def attack(connection: Connection, sold: Sold) -> object:
        rows = Base.metadata.tables[table]
        values = {**sold.one(connection, table), **changes}
        if sold.is_sqlite:
            return connection.execute(insert(rows).prefix_with("OR REPLACE").values(values))
        written = postgresql.insert(rows).values(values)
        return connection.execute(
            written.on_conflict_do_update(index_elements=["id"], set_=changes)
        )

    return attack
