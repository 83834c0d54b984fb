"""Check the books: every promise about money, and which rows break it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing_kernel.models import BilledPeriod, LedgerAccount, LedgerEntry, Payment, Posting

ROWS_MAX = 20

INVARIANTS = {
    "entries_balance": (
        "an entry sums to zero in each currency",
        "SELECT entry_id FROM postings GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0",
    ),
    "entries_have_two_legs": (
        "an entry is sealed and has at least two postings",
        "SELECT e.id FROM ledger_entries e LEFT JOIN postings p ON p.entry_id = e.id "
        "GROUP BY e.id, e.sealed HAVING count(p.id) < 2 OR e.sealed <> 1",
    ),
    "balances_equal_postings": (
        "an account's balance is the sum of its postings",
        "SELECT a.id FROM ledger_accounts a LEFT JOIN postings p ON p.ledger_account_id = a.id "
        "GROUP BY a.id, a.balance_minor HAVING a.balance_minor <> coalesce(sum(p.amount_minor), 0)",
    ),
    "balances_are_covered": (
        "what belongs to a client never falls below its limit",
        "SELECT id FROM ledger_accounts WHERE guarded AND balance_minor + credit_limit_minor < 0",
    ),
    "currencies_match": (
        "a posting has the currency of its account",
        "SELECT p.id FROM postings p JOIN ledger_accounts a ON a.id = p.ledger_account_id "
        "WHERE a.currency <> p.currency",
    ),
    "days_are_billed_once": (
        "no two charges of one line of a service share a day",
        "SELECT x.id FROM billed_periods x JOIN billed_periods y ON y.service_id = x.service_id "
        "AND y.line_no = x.line_no AND y.id > x.id AND x.start_on < y.end_on "
        "AND y.start_on < x.end_on WHERE NOT x.reversed AND NOT y.reversed",
    ),
    "captured_payments_are_booked": (
        "a payment that brought money through a method has exactly one entry",
        "SELECT p.id FROM payments p LEFT JOIN ledger_entries e ON e.source_type = 'payment' "
        "AND e.source_id = p.id AND e.kind = 'payment' "
        "WHERE p.captured_minor > 0 AND p.payment_method_id IS NOT NULL "
        "GROUP BY p.id HAVING count(e.id) <> 1",
    ),
    "booked_payments_exist": (
        "an entry of a payment has its payment, with the same amount",
        "SELECT e.id FROM ledger_entries e LEFT JOIN payments p ON p.id = e.source_id "
        "WHERE e.source_type = 'payment' AND e.kind = 'payment' AND p.id IS NULL",
    ),
    "paid_invoices_were_held": (
        "a paid invoice that asked for money moved it to the held funds once",
        "SELECT i.id FROM invoices i LEFT JOIN ledger_entries e ON e.source_type = 'invoice' "
        "AND e.source_id = i.id AND e.kind = 'hold' WHERE i.status = 'paid' "
        "AND i.total_minor > 0 AND i.kind IN ('order', 'renewal') "
        "GROUP BY i.id HAVING count(e.id) <> 1",
    ),
    "lines_end_once": (
        "money of an invoice line is earned or released, not both",
        "SELECT source_id FROM ledger_entries WHERE source_type = 'invoice_line' "
        "AND kind IN ('earn', 'release') GROUP BY source_id HAVING count(*) > 1",
    ),
    "held_funds_are_explained": (
        "held funds are those of paid invoice lines that haven't ended",
        "SELECT a.id FROM ledger_accounts a WHERE a.kind = 'held' AND a.balance_minor <> ("
        "SELECT coalesce(sum(l.total_minor), 0) FROM invoice_lines l "
        "JOIN invoices i ON i.id = l.invoice_id WHERE i.status = 'paid' "
        "AND i.kind IN ('order', 'renewal') AND i.client_id = a.client_id "
        "AND i.provider_id = a.provider_id AND i.currency = a.currency AND NOT EXISTS ("
        "SELECT 1 FROM ledger_entries e WHERE e.source_type = 'invoice_line' "
        "AND e.source_id = l.id AND e.kind IN ('earn', 'release')))",
    ),
    "invoices_add_up": (
        "an invoice's totals are the sums of its lines",
        "SELECT i.id FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id "
        "GROUP BY i.id, i.net_minor, i.tax_minor "
        "HAVING i.net_minor <> coalesce(sum(l.net_minor), 0) "
        "OR i.tax_minor <> coalesce(sum(l.tax_minor), 0)",
    ),
    "numbers_have_no_gaps": (
        "the numbers of a series run from 1 without a gap",
        "SELECT s.id FROM invoice_series s LEFT JOIN invoices i ON i.provider_id = s.provider_id "
        "AND i.series = s.series GROUP BY s.id, s.last_number HAVING count(i.id) <> s.last_number",
    ),
    "one_open_attempt": (
        "an invoice has at most one open payment",
        "SELECT invoice_id FROM payments WHERE state IN ('new', 'pending', 'unknown') "
        "AND invoice_id IS NOT NULL GROUP BY invoice_id HAVING count(*) > 1",
    ),
    "refunds_are_booked_once": (
        "a refund that wasn't refused is booked by one entry, a refused one is reversed",
        "SELECT r.id FROM refunds r LEFT JOIN ledger_entries e ON e.source_type = 'refund' "
        "AND e.source_id = r.id GROUP BY r.id, r.state "
        "HAVING count(e.id) <> CASE WHEN r.state = 'failed' THEN 2 ELSE 1 END",
    ),
    "refunds_equal_totals": (
        "what a payment has refunded is the sum of its refunds that weren't refused",
        "SELECT p.id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id "
        "AND r.state <> 'failed' GROUP BY p.id, p.refunded_minor "
        "HAVING p.refunded_minor <> coalesce(sum(r.amount_minor), 0)",
    ),
    "credit_notes_are_covered": (
        "credit notes of an invoice never exceed it",
        "SELECT i.id FROM invoices i JOIN invoices n ON n.corrects_invoice_id = i.id "
        "GROUP BY i.id, i.total_minor HAVING i.total_minor + sum(n.total_minor) < 0",
    ),
    "suspense_is_explained": (
        "suspense holds the receipts that nobody assigned",
        "SELECT a.id FROM ledger_accounts a WHERE a.kind = 'suspense' AND a.balance_minor <> ("
        "SELECT coalesce(sum(u.amount_minor), 0) FROM unmatched_receipts u "
        "WHERE u.provider_id = a.provider_id AND u.currency = a.currency "
        "AND u.assigned_client_id IS NULL)",
    ),
    "refunds_are_covered": (
        "no more is refunded than was captured",
        "SELECT id FROM payments WHERE refunded_minor > captured_minor",
    ),
}  # fmt: skip
"""Name → what is promised, and the rows that break it (none, if all is well)."""

COUNTED = {
    "entries": LedgerEntry,
    "postings": Posting,
    "balances": LedgerAccount,
    "payments": Payment,
    "billed_periods": BilledPeriod,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken promise and the first rows that break it."""

    invariant: str
    detail: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    checked: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_ledger(session: Session) -> Verdict:
    """Check every invariant; changes nothing."""
    checked = {
        name: session.scalar(text(f"SELECT count(*) FROM {model.__tablename__}")) or 0  # noqa: S608
        for name, model in COUNTED.items()
    }
    problems = [
        Problem(name, promise, tuple(ids))
        for name, (promise, query) in INVARIANTS.items()
        if (ids := _breaking(session, query))
    ]
    return Verdict(checked, tuple(problems))


def _breaking(session: Session, query: str) -> Sequence[int]:
    limited = f"SELECT * FROM ({query}) AS broken LIMIT {ROWS_MAX}"  # noqa: S608
    return [int(row[0]) for row in session.execute(text(limited))]
