"""What a night costs at least: the rows of its renewals, written by the driver alone.

Pages of 500 are claimed and locked as the kernel does it, and the rows that the kernel wrote for
one service are written for each, past every rule of the domain: COPY on PostgreSQL,
``executemany`` on SQLite. Indexes, foreign keys and triggers are the kernel's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

PAGE = 500

CLAIM = """
SELECT s.expires_on, s.id, s.client_id, b.id, b.balance_minor, b.version, h.id, h.balance_minor,
    h.version
FROM services s JOIN clients c ON c.id = s.client_id
JOIN ledger_accounts b ON b.client_id = c.id AND b.kind = 'client_balance'
JOIN ledger_accounts h ON h.client_id = c.id AND h.kind = 'held'
WHERE s.auto_renewal AND s.status IN ('active', 'suspended') AND s.provider_id = 1
    AND s.expires_on <= {0} AND (s.expires_on, s.id) > ({0}, {0}) AND NOT EXISTS (
        SELECT 1 FROM operations o WHERE o.service_id = s.id
        AND o.state IN ('queued', 'running', 'waiting', 'unknown', 'failed'))
ORDER BY s.expires_on, s.id LIMIT 500
"""


@dataclass(frozen=True)
class Pattern:
    """A row to repeat with other values in some places."""

    table: str
    columns: Sequence[str]
    values: Sequence[Any]

    def filling(self, *changing: str) -> Callable[..., list[Any]]:
        """Makes rows out of the values of these columns."""
        places = [self.columns.index(name) for name in changing]

        def fill(*values: Any) -> list[Any]:
            row = list(self.values)
            for place, value in zip(places, values, strict=True):
                row[place] = value
            return row

        return fill


Patterns = dict[str, Pattern]
Write = Callable[[Pattern, list[list[Any]]], None]


@dataclass(frozen=True)
class Floor:
    """One kind of database, spoken to without the kernel.

    ``draw`` gives ids of a table, ``move`` sets accounts, ``seal`` seals entries.
    """

    execute: Callable[..., Any]
    write: Write
    draw: Callable[[str, int], Sequence[int]]
    move: Callable[[list[tuple[int, int, int]]], None]
    seal: Callable[[Sequence[int]], None]
    begin: Callable[[], None]
    commit: Callable[[], None]
    mark: str

    def night(self, patterns: Patterns, until: date) -> int:
        """Write a night's renewals; how many."""
        done, after = 0, (date.min, 0)
        while True:
            self.begin()
            marked = CLAIM.format(self.mark) + (
                "FOR UPDATE OF s, c, b, h SKIP LOCKED" if self.mark == "%s" else ""
            )
            page = self.execute(marked, (until, *after)).fetchall()
            if page:
                self._page(patterns, page)
            self.commit()
            if len(page) < PAGE:
                return done + len(page)
            done, after = done + len(page), page[-1][:2]

    def _page(self, patterns: Patterns, page: Sequence[Any]) -> None:
        size = len(page)
        invoice_ids, entry_ids = self.draw("invoices", size), self.draw("ledger_entries", size)
        operation_ids = self.draw("operations", size)
        price = patterns["invoices"].values[patterns["invoices"].columns.index("total_minor")]
        self.execute("UPDATE invoice_series SET last_number = last_number + " + str(size))
        [(last,)] = self.execute("SELECT last_number FROM invoice_series").fetchall()
        rows: dict[str, list[list[Any]]] = {name: [] for name in patterns}
        fill = {name: _filling(name, pattern) for name, pattern in patterns.items()}
        moved = []
        numbers = count(last - size + 1)
        for due, invoice, entry, operation in zip(
            page, invoice_ids, entry_ids, operation_ids, strict=True
        ):
            _, service, client, balance, owned, moves, held, kept, holds = due
            number = next(numbers)
            name = f"INV-{number:06d}"
            rows["invoices"].append(fill["invoices"](invoice, client, number, name))
            rows["invoice_lines"].append(fill["invoice_lines"](invoice, service))
            rows["payments"].append(fill["payments"](client, invoice, uuid4().hex))
            rows["ledger_entries"].append(
                fill["ledger_entries"](entry, invoice, f"Invoice {name}", invoice, 0)
            )
            rows["postings"].append(fill["postings"](entry, balance, -price, owned - price))
            rows["postings"].append(fill["postings"](entry, held, price, kept + price))
            rows["events"].append(
                fill["events"](
                    "InvoiceIssued", f'{{"invoice_id": {invoice}, "kind": "renewal"}}', client
                )
            )
            rows["events"].append(
                fill["events"]("InvoicePaid", f'{{"invoice_id": {invoice}}}', client)
            )
            rows["operations"].append(fill["operations"](operation, str(uuid4()), service, invoice))
            for queue, actor, key, id_ in (
                ("documents", "render_document", "invoice_id", invoice),
                ("default", "run_operation", "operation_id", operation),
            ):
                rows["outbox"].append(fill["outbox"](queue, actor, f'{{"{key}": {id_}}}'))
            moved += [(balance, owned - price, moves + 1), (held, kept + price, holds + 1)]
        self.move(moved)
        for name, pattern in patterns.items():
            self.write(pattern, rows[name])
        self.seal(entry_ids)


CHANGING = {
    "invoices": ("id", "client_id", "series_number", "number"),
    "invoice_lines": ("invoice_id", "service_id"),
    "payments": ("client_id", "invoice_id", "reference"),
    "ledger_entries": ("id", "source_id", "description", "invoice_id", "sealed"),
    "postings": ("entry_id", "ledger_account_id", "amount_minor", "balance_after_minor"),
    "events": ("name", "facts", "client_id"),
    "operations": ("id", "uid", "service_id", "invoice_id"),
    "outbox": ("queue", "actor", "arguments"),
}
IDS_DRAWN = ("invoices", "ledger_entries", "operations")


def _filling(name: str, pattern: Pattern) -> Callable[..., list[Any]]:
    return pattern.filling(*CHANGING[name])


def patterns_of(execute: Callable[..., Any]) -> Patterns:
    """The rows of a renewal that the kernel wrote last."""
    return {name: _pattern(execute, name) for name in CHANGING}


def _pattern(execute: Callable[..., Any], table: str) -> Pattern:
    of_renewals = " WHERE kind = 'hold'" if table == "ledger_entries" else ""
    cursor = execute(f"SELECT * FROM {table}{of_renewals} ORDER BY id DESC LIMIT 1")
    columns = [column[0] for column in cursor.description]
    values = list(cursor.fetchall()[0])
    if table not in IDS_DRAWN:
        place = columns.index("id")
        del columns[place], values[place]
    return Pattern(table, columns, values)


def on_postgresql(connection: Any) -> Floor:
    """The floor through a connection of psycopg."""
    from psycopg.types.json import set_json_loads

    set_json_loads(lambda text: text if isinstance(text, str) else text.decode(), connection)
    cursor = connection.cursor()

    def write(pattern: Pattern, rows: list[list[Any]]) -> None:
        into = f"COPY {pattern.table} ({', '.join(pattern.columns)}) FROM STDIN"
        with cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    def draw(table: str, size: int) -> Sequence[int]:
        cursor.execute(f"SELECT nextval('{table}_id_seq') FROM generate_series(1, %s)", (size,))
        return [row[0] for row in cursor.fetchall()]

    def move(accounts: list[tuple[int, int, int]]) -> None:
        cursor.execute(
            "UPDATE ledger_accounts a SET balance_minor = g.b, version = g.v, updated_at = now() "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS g(id, b, v) "
            "WHERE a.id = g.id",
            [list(each) for each in zip(*accounts, strict=True)],
        )

    def begin() -> None:
        for name in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{name} = off")

    def seal(entries: Sequence[int]) -> None:
        cursor.execute("UPDATE ledger_entries SET sealed = 1 WHERE id = ANY(%s)", (list(entries),))

    return Floor(cursor.execute, write, draw, move, seal, begin, connection.commit, "%s")


def on_sqlite(connection: Any) -> Floor:
    """The floor through a connection of SQLite's driver."""

    def write(pattern: Pattern, rows: list[list[Any]]) -> None:
        marks = ", ".join("?" * len(pattern.columns))
        into = f"INSERT INTO {pattern.table} ({', '.join(pattern.columns)}) VALUES ({marks})"
        connection.executemany(into, rows)

    def draw(table: str, size: int) -> Sequence[int]:
        [(highest,)] = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchall()
        return range(highest + 1, highest + 1 + size)

    def move(accounts: list[tuple[int, int, int]]) -> None:
        connection.executemany(
            "UPDATE ledger_accounts SET balance_minor = ?, version = ? WHERE id = ?",
            [(balance, version, id_) for id_, balance, version in accounts],
        )

    def seal(entries: Sequence[int]) -> None:
        connection.executemany(
            "UPDATE ledger_entries SET sealed = 1 WHERE id = ?", [(each,) for each in entries]
        )

    return Floor(
        lambda query, values=(): connection.execute(query, [_text(each) for each in values]),
        write,
        draw,
        move,
        seal,
        lambda: connection.execute("BEGIN IMMEDIATE"),
        lambda: connection.execute("COMMIT"),
        "?",
    )


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
