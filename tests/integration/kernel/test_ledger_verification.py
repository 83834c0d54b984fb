"""Verifying the books: whatever is made wrong in them past all guards is found, by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from tests.factories import (
    FakeModule,
    buy,
    make_kernel,
    make_method,
    make_shop,
    open_one,
    pay,
    place,
    run_newest,
    sell_under,
)
from tests.servers.databases import DATABASES

from billing_hookspecs import Money, Secret
from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.catching_up import charge_due
from billing_kernel.application.invariants import INVARIANTS
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paying import confirm_payment
from billing_kernel.application.refunding import RefundPayment, refund_payment
from billing_kernel.application.verifying import Verdict, verify_ledger
from billing_kernel.database import make_engine
from billing_kernel.models import Base
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

POSTGRESQL_RULES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname)
FROM pg_constraint WHERE contype IN ('c', 'x', 'u') AND connamespace = 'public'::regnamespace
"""
POSTGRESQL_INDEXES = """
SELECT format('DROP INDEX IF EXISTS %I', i.relname) FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indisunique AND NOT x.indisprimary AND i.relnamespace = 'public'::regnamespace
"""
SQLITE_RULES = """
SELECT 'DROP ' || type || ' "' || name || '"' FROM sqlite_master
WHERE type = 'trigger' OR (type = 'index' AND name LIKE 'uq\\_%' ESCAPE '\\')
"""

FIRST_POSTING = "WHERE id = (SELECT min(id) FROM postings)"
RECEIPT = (
    "INSERT INTO unmatched_receipts (provider_id, payment_method_id, external_id, reference,"
    " amount_minor, currency, created_at, updated_at)"
    " VALUES (1, 1, 'x', '', 500, 'RUB', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
)
TRANSFER = "WHERE payment_method_id IS NOT NULL AND state = 'done'"

PLANTED: dict[str, str] = {
    "entries_balance": f"UPDATE postings SET amount_minor = amount_minor + 1 {FIRST_POSTING}",
    "entries_have_two_legs": "UPDATE ledger_entries SET sealed = 0 WHERE id = 1",
    "postings_have_entries": f"UPDATE postings SET entry_id = 999999 {FIRST_POSTING}",
    "amounts_are_whole": f"UPDATE postings SET amount_minor = 0 {FIRST_POSTING}",
    "currencies_match": f"UPDATE postings SET currency = 'EUR' {FIRST_POSTING}",
    "entries_stay_at_one_provider": (
        "UPDATE ledger_accounts SET provider_id = provider_id + 1 WHERE kind = 'revenue'"
    ),
    "balances_equal_postings": (
        "UPDATE ledger_accounts SET balance_minor = balance_minor + 1 WHERE kind = 'revenue'"
    ),
    "balances_run_on": (
        f"UPDATE postings SET balance_after_minor = balance_after_minor + 1 {FIRST_POSTING}"
    ),
    "versions_count_postings": (
        "UPDATE ledger_accounts SET version = version + 1 WHERE kind = 'revenue'"
    ),
    "balances_are_covered": "UPDATE ledger_accounts SET balance_minor = -1 WHERE kind = 'held'",
    "balances_are_guarded": "UPDATE ledger_accounts SET guarded = (1 = 0)",
    "entries_have_sources": (
        "UPDATE ledger_entries SET source_id = 999999 WHERE source_type = 'payment'"
    ),
    "reversals_name_what_they_reverse": (
        "UPDATE ledger_entries SET kind = 'reversal' WHERE source_type = 'adjustment'"
    ),
    "reversals_undo": (
        "UPDATE ledger_entries SET reverses_entry_id = 1"
        " WHERE id = (SELECT max(id) FROM ledger_entries)"
    ),
    "adjustments_are_booked": "UPDATE adjustments SET amount_minor = amount_minor + 1",
    "invoices_add_up": "UPDATE invoices SET net_minor = net_minor + 1",
    "invoices_keep_their_lines": "UPDATE invoices SET line_count = 2 WHERE id = 1",
    "numbers_have_no_gaps": "UPDATE invoices SET series_number = 100 WHERE id = 1",
    "numbers_belong_to_a_series": "UPDATE invoices SET series = 'XX' WHERE id = 1",
    "credit_notes_correct_invoices": (
        "UPDATE invoices SET corrects_invoice_id = NULL WHERE kind = 'credit_note'"
    ),
    "credit_notes_are_covered": (
        "UPDATE invoices SET net_minor = -999999 WHERE kind = 'credit_note'"
    ),
    "orders_cost_what_was_quoted": "UPDATE orders SET net_minor = net_minor + 1",
    "paid_invoices_were_held": "DELETE FROM ledger_entries WHERE kind = 'hold'",
    "advance_payments_stay_on_the_balance": (
        "UPDATE invoices SET kind = 'advance_payment' WHERE status = 'paid' AND kind = 'order'"
    ),
    "lines_end_once": (
        "UPDATE ledger_entries SET kind = 'release', source_type = 'invoice_line',"
        " source_id = (SELECT min(source_id) FROM ledger_entries WHERE kind = 'earn')"
        " WHERE source_type = 'adjustment'"
    ),
    "lines_end_with_their_amounts": "UPDATE invoice_lines SET total_minor = total_minor + 1",
    "held_funds_are_explained": (
        "UPDATE ledger_accounts SET balance_minor = balance_minor + 1 WHERE kind = 'held'"
    ),
    "days_are_billed_once": (
        "INSERT INTO billed_periods (service_id, line_no, kind, start_on, end_on, amount_minor,"
        " currency, reversed, created_at) SELECT service_id, line_no, kind, start_on, end_on,"
        " amount_minor, currency, reversed, created_at FROM billed_periods"
    ),
    "charges_are_booked_once": "DELETE FROM ledger_entries WHERE kind = 'charge'",
    "charges_move_their_amounts": "UPDATE daily_charges SET net_minor = 9, tax_minor = 3",
    "charges_add_up": "UPDATE billed_periods SET amount_minor = 9 WHERE invoice_id IS NULL",
    "charged_days_have_no_gap": (
        "UPDATE billed_periods SET reversed = (1 = 1) WHERE start_on = '2026-02-01'"
    ),
    "captured_payments_are_booked": (
        f"UPDATE payments SET captured_minor = captured_minor + 1 {TRANSFER}"
    ),
    "balances_bring_nothing": (
        "UPDATE ledger_entries SET source_id = (SELECT min(id) FROM payments"
        " WHERE payment_method_id IS NULL) WHERE source_type = 'payment'"
    ),
    "done_payments_brought_money": "UPDATE payments SET state = 'done' WHERE state = 'pending'",
    "paid_invoices_were_paid_for": "UPDATE payments SET settles_invoice = (1 = 0)",
    "payments_settle_their_own_invoices": (
        "UPDATE payments SET settles_invoice = (1 = 1) WHERE state = 'pending'"
    ),
    "one_open_attempt": "UPDATE payments SET state = 'pending', invoice_id = 1",
    "gateway_payments_are_known_once": (
        "UPDATE payments SET external_id = 'x', payment_method_id = 1"
    ),
    "receipts_are_not_payments": f"UPDATE payments SET external_id = 'x' {TRANSFER}; {RECEIPT}",
    "receipts_are_booked": RECEIPT,
    "suspense_is_explained": "UPDATE ledger_accounts SET kind = 'suspense' WHERE kind = 'revenue'",
    "clearing_is_explained": (
        "UPDATE ledger_accounts SET balance_minor = balance_minor - 1"
        " WHERE kind = 'gateway_clearing'"
    ),
    "requests_were_answered": (
        "INSERT INTO idempotency_keys (principal, route, key, fingerprint, created_at)"
        " VALUES ('client:1', '/orders', 'k', 'f', CURRENT_TIMESTAMP)"
    ),
    "refunds_are_covered": "UPDATE payments SET refunded_minor = captured_minor + 1",
    "refunds_equal_totals": "UPDATE payments SET refunded_minor = refunded_minor + 1",
    "refunds_are_booked_once": "DELETE FROM ledger_entries WHERE source_type = 'refund'",
    "failed_refunds_are_on_the_balance": f"UPDATE payments SET returned_minor = 1 {TRANSFER}",
    "refunds_move_their_amounts": "UPDATE refunds SET amount_minor = amount_minor + 1",
    "refund_lines_add_up": "DELETE FROM refund_lines",
    "lines_give_back_what_they_have": "UPDATE refund_lines SET net_minor = 999999",
    "credits_have_documents": "UPDATE refunds SET credit_note_id = NULL",
    "credits_sum_up_by_rate": "UPDATE refund_lines SET net_minor = net_minor - 1",
    "disputes_equal_totals": "UPDATE payments SET disputed_minor = disputed_minor + 1",
    "disputes_are_booked": (
        "INSERT INTO disputes (payment_id, amount_minor, currency, created_at, updated_at)"
        " VALUES (1, 500, 'RUB', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    ),
}


@dataclass(frozen=True, slots=True)
class Books:
    """Books of some sales, whose guards are all taken away."""

    engine: Engine

    def verify_after(self, *statements: str) -> Verdict:
        """What verifying finds after statements that are undone again."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
            with Session(connection) as session:
                verdict = verify_ledger(session)
            connection.rollback()
        return verdict


def sell(kernel: Kernel) -> None:
    """Something of everything: opened, under way, unpaid, by transfer, by day, partly refunded."""
    shop = make_shop(kernel, tax_rate="0.20", balance_minor=9000)
    open_one(kernel, shop)
    buy(kernel, shop)
    method_id = make_method(kernel, shop).id
    placed = place(kernel, shop)
    transfer_id = pay(kernel, shop, placed.invoice.id, method_id)
    begin_payment(kernel, transfer_id)
    kernel.database.run(lambda session: confirm_payment(session, kernel, transfer_id))
    run_newest(kernel, placed.services[0].id)
    begin_payment(kernel, pay(kernel, shop, place(kernel, shop).invoice.id, method_id))
    sell_under(
        kernel, shop, charging={"policy": "daily", "price": {"amount_minor": 10, "currency": "RUB"}}
    )
    daily = open_one(kernel, shop)
    kernel.database.run(lambda session: charge_due(session, kernel, daily, date(2026, 2, 2)))
    back = RefundPayment(transfer_id, "balance", "sorry", Money(600, "RUB"))
    kernel.database.run(lambda session: refund_payment(session, kernel, back))


def disarmed_engine(url: str) -> Engine:
    """An engine whose connections heed no trigger, no foreign key and no check."""
    engine = make_engine(url)

    @event.listens_for(engine, "connect")
    def disarm(connection: Any, _record: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.execute("PRAGMA foreign_keys = OFF").close()
            connection.execute("PRAGMA ignore_check_constraints = ON").close()
        else:
            connection.execute("SET session_replication_role = replica")
            connection.commit()

    rules = (
        [SQLITE_RULES]
        if engine.dialect.name == "sqlite"
        else [POSTGRESQL_RULES, POSTGRESQL_INDEXES]
    )
    with engine.begin() as connection:
        for query in rules:
            for statement in connection.execute(text(query)).scalars().all():
                connection.execute(text(statement))
    return engine


@pytest.fixture(scope="module", params=DATABASES)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """One for all tests of a kind of database: what they plant is undone."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.migrated() as url:
        settings = Settings(database_url=Secret(url), secret_keys=(Secret(new_key()),))
        kernel = make_kernel(settings, FakeModule())
        sell(kernel)
        kernel.database.close()
        engine = disarmed_engine(url)
        yield Books(engine)
        engine.dispose()


def test_right_books_are_found_right(books: Books) -> None:
    """And what was looked at is counted, so that nobody trusts an empty database."""
    verdict = books.verify_after()
    assert verdict.problems == ()
    assert verdict.ok
    assert all(verdict.checked.values())


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_wrong_is_found(books: Books, name: str) -> None:
    """Each promise about money, broken on purpose."""
    verdict = books.verify_after(*PLANTED[name].split(";"))
    found = {problem.invariant: problem for problem in verdict.problems}
    assert name in found
    assert not verdict.ok
    assert found[name].ids
    assert found[name].table in Base.metadata.tables


def test_every_promise_is_broken_once_on_purpose() -> None:
    """A new one must show that it can find something."""
    assert {promised.name for promised in INVARIANTS} == set(PLANTED)
