"""Ways past the guards that were open once: replacing rows, switching guards off, adding lines."""

from datetime import date

import pytest
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from tests.integration.kernel.attacks import (
    APPEND_ONLY,
    UNIQUE,
    Attack,
    Sold,
    again,
    attempt,
    entry,
    line_of_new_invoice,
    replaced,
    sql,
)

from billing_kernel.database import make_engine
from billing_kernel.migrating import upgrade_schema

KEPT = (
    f"{APPEND_ONLY}|keeps its|keeps what it is for|never changes|is sealed|only be reversed"
    "|one_charge_a_day"
)
NO_MORE_LINES = "gets no more lines"
NEVER_SEALED = "was not sealed|FOREIGN KEY constraint failed"

REPLACEMENTS: dict[str, dict[str, object]] = {
    "invoices": {"net_minor": 1, "tax_minor": 0, "total_minor": 1},
    "invoice_lines": {"net_minor": 1, "tax_minor": 0, "total_minor": 1},
    "ledger_accounts": {"kind": "rounding", "client_id": None, "guarded": False},
    "ledger_entries": {"source_id": 77, "sealed": 0},
    "postings": {"amount_minor": 77},
    "payments": {"amount_minor": 77},
    "billed_periods": {"amount_minor": 77},
    "daily_charges": {"net_minor": 1, "tax_minor": 0, "total_minor": 1},
    "tariff_versions": {"terms": {}},
}

ATTACKS: dict[str, tuple[Attack, str]] = {
    "a guard that is switched off": (
        sql("UPDATE ledger_accounts SET guarded = (1 = 0) WHERE kind = 'client_balance'"), KEPT,
    ),
    "a client's account that begins without a guard": (
        again(
            "ledger_accounts", {"kind": "client_balance"},
            guarded=False, currency="EUR", balance_minor=0, version=0,
        ),
        "is guarded",
    ),
    "an account of another method": (
        sql("UPDATE ledger_accounts SET payment_method_id = 1 WHERE kind = 'revenue'"), "keeps",
    ),
    "a further line of an issued invoice": (
        again("invoice_lines", position=2, net_minor=0, tax_minor=0, total_minor=0),
        NO_MORE_LINES,
    ),
    "a line before the first": (again("invoice_lines", position=0), NO_MORE_LINES),
    "a line of no invoice": (again("invoice_lines", invoice_id=10**9), NO_MORE_LINES),
    "an invoice that makes room for a line": (
        sql("UPDATE invoices SET line_count = 2 WHERE status = 'new'"), KEPT,
    ),
    "a period of a line beyond those of a service": (
        again("billed_periods", line_no=256), "ck_billed_periods_line_no",
    ),
    "a period of a line before the service": (
        again("billed_periods", line_no=-1), "ck_billed_periods_line_no",
    ),
    "a daily charge that is changed": (
        sql("UPDATE daily_charges SET lines = '[]'"), APPEND_ONLY,
    ),
    "a daily charge that is deleted": (sql("DELETE FROM daily_charges"), APPEND_ONLY),
    "a second daily charge of a day": (again("daily_charges"), UNIQUE),
    "a daily charge that doesn't add up": (
        again("daily_charges", start_on=date(2026, 3, 1), end_on=date(2026, 3, 2), tax_minor=1),
        "ck_daily_charges_adds_up",
    ),
    "a daily charge that gives money": (
        again(
            "daily_charges", start_on=date(2026, 3, 1), end_on=date(2026, 3, 2),
            net_minor=-1, total_minor=-1,
        ),
        "ck_daily_charges_amounts",
    ),
    "a daily charge of no day": (
        again("daily_charges", start_on=date(2026, 3, 1), end_on=date(2026, 3, 1)),
        "ck_daily_charges_not_empty",
    ),
    "a period of an invoice and a daily charge": (
        again(
            "billed_periods", {"line_no": 0}, daily_charge_id=1,
            start_on=date(2026, 3, 1), end_on=date(2026, 3, 2),
        ),
        "ck_billed_periods_one_source",
    ),
    "a period that gets another daily charge": (
        sql("UPDATE billed_periods SET daily_charge_id = NULL WHERE invoice_id IS NULL"), KEPT,
    ),
    "an entry without postings that is never sealed": (
        lambda connection, sold: entry(connection, sold, sealed=False), NEVER_SEALED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_as_well(sold: Sold, name: str) -> None:
    """Each was possible with one statement at the console."""
    attack, refusal = ATTACKS[name]
    with pytest.raises(DBAPIError, match=refusal):
        attempt(sold, attack)


@pytest.mark.parametrize("table", REPLACEMENTS)
def test_no_row_is_written_over(sold: Sold, table: str) -> None:
    """REPLACE deletes and inserts: SQLite runs no triggers for the deleted row unless told to."""
    with pytest.raises(DBAPIError, match=KEPT):
        attempt(sold, replaced(table, **REPLACEMENTS[table]))


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM unsealed_entries", "UPDATE unsealed_entries SET entry_id = 1"],
)
def test_the_mark_of_an_unsealed_entry_stays(sold: Sold, statement: str) -> None:
    """Without it SQLite would let the entry be committed; PostgreSQL needs no such table."""
    if not sold.is_sqlite:
        with sold.engine.connect() as connection:
            assert connection.scalar(text("SELECT to_regclass('unsealed_entries')")) is None
        return

    def attack(connection: Connection, sold: Sold) -> None:
        entry(connection, sold, sealed=False)
        sql(statement)(connection, sold)

    with pytest.raises(DBAPIError, match="kept by the schema"):
        attempt(sold, attack)


def test_what_is_issued_at_once_passes(sold: Sold) -> None:
    """Issuing writes an invoice and all its lines; the last line of a service is the 255th."""
    with sold.engine.connect() as connection:
        assert line_of_new_invoice(connection, sold)
        assert again("billed_periods", line_no=255)(connection, sold)
        entry(connection, sold, ("held", 5), ("revenue", -5))
        if sold.is_sqlite:
            assert connection.scalar(text("SELECT count(*) FROM unsealed_entries")) == 0
        connection.rollback()


ISSUED_BEFORE = """
INSERT INTO providers (id, name, currency, time_zone, default_country, default_language,
    notification_email, support_email, site_url, billing_url, help_url, tax, prices_include_tax,
    created_at, updated_at)
VALUES (1, 'P', 'EUR', 'UTC', 'DE', 'en', '', '', '', '', '', '{}', (1 = 0),
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
--
INSERT INTO clients (id, provider_id, email, name, password_hash, country, phone, language,
    pays_from_balance, is_enabled, created_at, updated_at)
VALUES (1, 1, 'a@example.com', '', '', 'DE', '', 'en', (1 = 0), (1 = 1),
    CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
--
INSERT INTO invoices (id, provider_id, client_id, series, series_number, number, kind, status,
    issued_on, currency, net_minor, tax_minor, total_minor, language, payer, company, tax_note,
    paid_at, created_at)
VALUES (1, 1, 1, 'INV', 1, 'INV-000001', 'order', 'paid', '2026-01-01', 'EUR', 2, 0, 2, 'en',
    '{}', '{}', '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
--
INSERT INTO invoice_lines (invoice_id, position, kind, description, net_minor, tax_rate,
    tax_minor, total_minor, explanation, created_at)
VALUES (1, 1, 'period', '', 1, '0', 0, 1, '[]', CURRENT_TIMESTAMP),
    (1, 2, 'period', '', 1, '0', 0, 1, '[]', CURRENT_TIMESTAMP)
"""


def test_lines_of_earlier_invoices_are_counted(empty_database_url: str) -> None:
    """What was issued before the guard gets no more lines either, and stays as it was."""
    engine = make_engine(empty_database_url)
    upgrade_schema(engine, "0002")
    with engine.begin() as connection:
        for statement in ISSUED_BEFORE.split("--"):
            connection.execute(text(statement))
    upgrade_schema(engine)
    tables = MetaData()
    tables.reflect(engine, only=["invoices"])
    with engine.connect() as connection:
        assert connection.execute(tables.tables["invoices"].select()).one().line_count == 2
    with pytest.raises(DBAPIError, match="never changes"), engine.begin() as connection:
        connection.execute(text("UPDATE invoices SET status = 'new', paid_at = NULL"))
    engine.dispose()
