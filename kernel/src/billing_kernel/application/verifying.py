"""Check the books: every promise about money, and which rows break it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing_kernel.application.invariants import INVARIANTS
from billing_kernel.models import (
    BilledPeriod,
    DailyCharge,
    Invoice,
    LedgerAccount,
    LedgerEntry,
    Payment,
    Posting,
    Refund,
)

ROWS_MAX = 20

COUNTED = {
    "entries": LedgerEntry,
    "postings": Posting,
    "balances": LedgerAccount,
    "invoices": Invoice,
    "payments": Payment,
    "refunds": Refund,
    "daily_charges": DailyCharge,
    "billed_periods": BilledPeriod,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken promise and the first rows of ``table`` that break it."""

    invariant: str
    detail: str
    table: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    checked: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_ledger(session: Session) -> Verdict:
    """Check every invariant; changes nothing.

    Each is one query and so sees one moment, whoever writes meanwhile.
    """
    checked = {
        name: session.scalar(text(f"SELECT count(*) FROM {model.__tablename__}")) or 0  # noqa: S608
        for name, model in COUNTED.items()
    }
    problems = [
        Problem(promised.name, promised.promise, promised.table, tuple(ids))
        for promised in INVARIANTS
        if (ids := _breaking(session, promised.query))
    ]
    return Verdict(checked, tuple(problems))


def _breaking(session: Session, query: str) -> Sequence[int]:
    limited = f"SELECT DISTINCT * FROM ({query}) AS broken LIMIT {ROWS_MAX}"  # noqa: S608
    return [int(row[0]) for row in session.execute(text(limited))]
