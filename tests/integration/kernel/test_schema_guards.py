"""The schema itself refuses what must never be, whoever asks: plain SQL against every guard."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from tests.integration.kernel.attacks import (
    APPEND_ONLY,
    UNIQUE,
    Attack,
    Sold,
    again,
    attempt,
    entry,
    in_two_currencies,
    line_of_new_invoice,
    posted,
    posting,
    reversed_twice,
    sql,
    to_a_sealed_entry,
    written,
)

AMOUNT_LIMIT = 2**53


ATTACKS: dict[str, tuple[Attack, str]] = {
    "an entry that doesn't balance": (written(("held", 5), ("revenue", -4)), "not balance"),
    "an entry of one leg": (written(("revenue", 5)), "not balance"),
    "an entry without legs": (written(), "not balance"),
    "an entry that balances only over two currencies": (in_two_currencies, "not balance"),
    "an entry that is never sealed": (
        written(("held", 5), ("revenue", -5), sealed=False),
        "was not sealed|FOREIGN KEY constraint failed",
    ),
    "an entry that begins sealed": (
        again("ledger_entries", source_id=10**6, sealed=1), "begins unsealed",
    ),
    "an entry that is opened again": (sql("UPDATE ledger_entries SET sealed = 0"), APPEND_ONLY),
    "an entry that gets another text": (
        sql("UPDATE ledger_entries SET description = 'x'"), APPEND_ONLY,
    ),
    "an entry of another source": (sql("UPDATE ledger_entries SET source_id = 0"), APPEND_ONLY),
    "an entry that is deleted": (sql("DELETE FROM ledger_entries"), APPEND_ONLY),
    "a second entry for the same thing": (again("ledger_entries", sealed=0), UNIQUE),
    "a second reversal of an entry": (reversed_twice, UNIQUE),
    "a posting that is changed": (sql("UPDATE postings SET amount_minor = 1"), APPEND_ONLY),
    "a posting that is deleted": (sql("DELETE FROM postings"), APPEND_ONLY),
    "a posting to a sealed entry": (to_a_sealed_entry, "is sealed"),
    "a posting to no entry": (
        lambda connection, sold: posting(connection, sold, 10**9, "revenue", 5), "(?i)foreign key",
    ),
    "a posting in another currency": (posted("revenue", 5, currency="EUR"), "another currency"),
    "a posting of nothing": (posted("revenue", 0), "ck_postings_amount"),
    "a posting beyond exact numbers": (posted("revenue", AMOUNT_LIMIT), "ck_postings_amount"),
    "a posting that avoids the seal": (posted("revenue", 5, seal=0), "ck_postings_seal"),
    "a client's balance below its limit": (
        sql("UPDATE ledger_accounts SET balance_minor = -1 WHERE kind = 'client_balance'"),
        "ck_ledger_accounts_guard",
    ),
    "held funds below zero": (
        sql("UPDATE ledger_accounts SET balance_minor = -1 WHERE kind = 'held'"),
        "ck_ledger_accounts_guard",
    ),
    "a negative credit limit": (
        sql("UPDATE ledger_accounts SET credit_limit_minor = -1 WHERE kind = 'revenue'"),
        "ck_ledger_accounts_credit_limit",
    ),
    "an account in another currency": (
        sql("UPDATE ledger_accounts SET currency = 'EUR'"), "keeps",
    ),
    "an account of another kind": (sql("UPDATE ledger_accounts SET kind = 'suspense'"), "keeps"),
    "an account of nobody": (
        sql("UPDATE ledger_accounts SET client_id = NULL WHERE kind = 'held'"), "keeps",
    ),
    "an account that is deleted": (sql("DELETE FROM ledger_accounts"), APPEND_ONLY),
    "a second account of a client": (again("ledger_accounts", {"kind": "held"}), UNIQUE),
    "a second account of a provider": (again("ledger_accounts", {"kind": "revenue"}), UNIQUE),
    "an account of an unknown kind": (
        again("ledger_accounts", kind="pocket"), "ck_ledger_accounts_kind",
    ),
    "an invoice with another total": (
        sql("UPDATE invoices SET net_minor = 1, total_minor = 1 WHERE status = 'new'"),
        "never changes|keeps what",
    ),
    "an invoice with another number": (
        sql("UPDATE invoices SET number = 'X' WHERE status = 'new'"), "never changes|keeps what",
    ),
    "an invoice that is unpaid again": (
        sql("UPDATE invoices SET status = 'new', paid_at = NULL WHERE status = 'paid'"),
        "never changes",
    ),
    "an invoice that is paid without a time": (
        sql("UPDATE invoices SET status = 'paid' WHERE status = 'new'"), "ck_invoices_paid_at",
    ),
    "an invoice of an unknown status": (
        sql("UPDATE invoices SET status = 'lost' WHERE status = 'new'"), "ck_invoices_status",
    ),
    "an invoice that is deleted": (sql("DELETE FROM invoices"), APPEND_ONLY),
    "an invoice that doesn't add up": (
        again("invoices", series_number=999, total_minor=1), "ck_invoices_adds_up",
    ),
    "a second invoice of a number": (again("invoices"), UNIQUE),
    "an invoice line that is changed": (
        sql("UPDATE invoice_lines SET description = 'x'"), APPEND_ONLY,
    ),
    "an invoice line that is deleted": (sql("DELETE FROM invoice_lines"), APPEND_ONLY),
    "an invoice line that doesn't add up": (
        lambda connection, sold: line_of_new_invoice(connection, sold, tax_minor=1),
        "ck_invoice_lines_adds_up",
    ),
    "a period that is moved": (
        sql("UPDATE billed_periods SET end_on = '2027-01-01'"), "only be reversed|keeps what",
    ),
    "a period that is deleted": (sql("DELETE FROM billed_periods"), APPEND_ONLY),
    "a period that is empty": (
        again("billed_periods", start_on=date(2027, 1, 1), end_on=date(2027, 1, 1)),
        "ck_billed_periods_not_empty",
    ),
    "terms that are changed after the sale": (
        sql("UPDATE tariff_versions SET terms = '{}'"), APPEND_ONLY,
    ),
    "history that is rewritten": (sql("UPDATE events SET name = 'Nothing'"), APPEND_ONLY),
    "a second open operation on a service": (
        again("operations", {"state": "queued"}, uid="another"), UNIQUE,
    ),
    "an operation of an unknown state": (
        sql("UPDATE operations SET state = 'lost'"), "ck_operations_state",
    ),
    "a second attempt of a number": (again("operation_attempts"), UNIQUE),
    "a second open payment of an invoice": (
        again("payments", {"state": "new"}, reference="another"), UNIQUE,
    ),
    "a payment of an unknown state": (
        sql("UPDATE payments SET state = 'lost' WHERE state = 'new'"), "ck_payments_state",
    ),
    "a payment of nothing": (
        again("payments", {"state": "done"}, reference="another", amount_minor=0),
        "ck_payments_amount",
    ),
    "a payment that took less than nothing": (
        sql("UPDATE payments SET captured_minor = -1 WHERE state = 'new'"),
        "ck_payments_captured",
    ),
    "a refund beyond what came": (
        sql("UPDATE payments SET refunded_minor = captured_minor + 1"), "ck_payments_refunded",
    ),
    "a second event for a plugin": (
        lambda connection, sold: [
            sold.add(connection, "event_deliveries", delivery(connection, sold)) for _ in range(2)
        ],
        UNIQUE,
    ),
    "a session of nobody": (
        sql(
            "INSERT INTO sessions (token_hash, expires_at, created_at)"
            " VALUES ('x', '2027-01-01 00:00:00', '2027-01-01 00:00:00')"
        ),
        "ck_sessions_one_person",
    ),
    "two clients of one address": (again("clients"), UNIQUE),
}  # fmt: skip


def delivery(connection: Connection, sold: Sold) -> dict[str, Any]:
    event = sold.one(connection, "events")
    return {"event_id": event["id"], "plugin": "listener", "created_at": event["created_at"]}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused(sold: Sold, name: str) -> None:
    """A bug, a script or a person at the console: the books can't be made wrong."""
    attack, refusal = ATTACKS[name]
    with pytest.raises(DBAPIError, match=refusal):
        attempt(sold, attack)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2026-02-10", "2026-02-11"),
        ("2026-01-01", "2026-02-01"),
        ("2026-02-27", "2026-04-01"),
        ("2025-01-01", "2027-01-01"),
    ],
)
def test_no_day_of_a_service_is_billed_twice(sold: Sold, start: str, end: str) -> None:
    """However the second period lies over the first one of January 31st to February 28th."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    with pytest.raises(DBAPIError, match=r"ex_billed_periods_one_charge_a_day|UNIQUE|duplicate"):
        attempt(sold, again("billed_periods", start_on=first, end_on=last))


@pytest.mark.parametrize(
    "table", ["postings", "ledger_entries", "invoices", "invoice_lines", "daily_charges"]
)
def test_no_table_of_the_books_is_emptied(sold: Sold, table: str) -> None:
    """At once neither: TRUNCATE passes by the triggers of single rows."""
    statement = f"DELETE FROM {table}" if sold.is_sqlite else f"TRUNCATE {table} CASCADE"
    with pytest.raises(DBAPIError, match=APPEND_ONLY):
        attempt(sold, sql(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accounts SET balance_minor = 0.5 WHERE kind = 'revenue'",
        "UPDATE ledger_accounts SET balance_minor = 'much' WHERE kind = 'revenue'",
    ],
)
def test_a_balance_is_a_whole_number(sold: Sold, statement: str) -> None:
    """SQLite would store anything in any column; PostgreSQL rounds, but never to a fraction."""
    if sold.is_sqlite:
        with pytest.raises(DBAPIError, match="whole number"):
            attempt(sold, sql(statement))
    else:
        with sold.engine.connect() as connection:
            column = "SELECT pg_typeof(balance_minor)::text FROM ledger_accounts LIMIT 1"
            assert connection.scalar(text(column)) == "bigint"


@pytest.mark.parametrize("amount", ["0.5", "'5 roubles'"])
def test_a_posting_is_a_whole_number(sold: Sold, amount: str) -> None:
    """A fraction of a kopeck would never be found again."""

    def attack(connection: Connection, sold: Sold) -> object:
        entry_id = entry(connection, sold, sealed=False)
        columns = "entry_id, seal, ledger_account_id, amount_minor, currency, balance_after_minor"
        account_id = sold.one(connection, "ledger_accounts", kind="revenue")["id"]
        values = f"{entry_id}, 1, {account_id}, {amount}, 'RUB', 0, CURRENT_TIMESTAMP"
        statement = f"INSERT INTO postings ({columns}, created_at) VALUES ({values})"
        return connection.execute(text(statement))

    # PostgreSQL rounds 0.5 down to nothing and doesn't understand the other.
    refusal = r"whole number|ck_postings_amount|invalid input syntax|was not sealed"
    with pytest.raises(DBAPIError, match=refusal):
        attempt(sold, attack)


def test_what_is_right_passes_all_guards(sold: Sold) -> None:
    """The attacks are refused for what is wrong with them, not for how they are made."""
    work: list[Attack] = [
        written(("held", 5), ("revenue", -5)),
        again("billed_periods", start_on=date(2026, 2, 28), end_on=date(2026, 3, 31)),
        again("billed_periods", line_no=1),
        sql("UPDATE billed_periods SET reversed = (1 = 1) WHERE line_no = 1"),
        again("billed_periods", line_no=1, reversed=False),
        again("operations", {"state": "done"}, uid="ended"),
        again("payments", {"state": "done"}, reference="ended"),
        lambda connection, sold: sold.add(
            connection, "event_deliveries", delivery(connection, sold)
        ),
        sql("UPDATE invoices SET status = 'cancelled' WHERE status = 'new'"),
    ]
    with sold.engine.connect() as connection:
        for step in work:
            step(connection, sold)
        deferred = "PRAGMA foreign_key_check" if sold.is_sqlite else "SET CONSTRAINTS ALL IMMEDIATE"
        broken = connection.execute(text(deferred))
        assert not broken.returns_rows or broken.all() == []
        connection.rollback()


def test_a_reversed_period_stays_reversed(sold: Sold) -> None:
    """It was given back; counting it again would charge its days twice."""

    unreverse = sql("UPDATE billed_periods SET reversed = (1 = 0) WHERE line_no = 2")

    def attack(connection: Connection, sold: Sold) -> None:
        again("billed_periods", line_no=2, reversed=True)(connection, sold)
        unreverse(connection, sold)

    with pytest.raises(DBAPIError, match="only be reversed, once"):
        attempt(sold, attack)


def test_one_external_id_is_one_payment(sold: Sold) -> None:
    """A gateway's notification that comes twice must not become money twice."""

    name = sql("UPDATE payments SET external_id = 'ext-1' WHERE payment_method_id IS NOT NULL")

    def attack(connection: Connection, sold: Sold) -> None:
        name(connection, sold)
        again("payments", {"external_id": "ext-1"}, reference="r2", state="done")(connection, sold)

    with pytest.raises(DBAPIError, match=UNIQUE):
        attempt(sold, attack)


def test_one_subject_is_one_open_task(sold: Sold) -> None:
    """A department asked twice would do it twice."""

    def attack(connection: Connection, sold: Sold) -> object:
        stamp = sold.one(connection, "events")["created_at"]
        task = {
            "kind": "test", "subject": "operation:1", "status": "open", "title": "x",
            "created_at": stamp, "updated_at": stamp,
        }  # fmt: skip
        return [sold.add(connection, "tasks", task) for _ in range(2)]

    with pytest.raises(DBAPIError, match=UNIQUE):
        attempt(sold, attack)
