"""Balances, statements, entries and the check of all books."""

from datetime import date, datetime
from typing import Any, Self

from billing_hookspecs import Money
from billing_kernel import models
from billing_kernel.application.verifying import Verdict
from billing_kernel.http.shapes.base import Answer


class Balance(Answer):
    """What a client has at a provider in one currency; ``held`` waits for its services."""

    provider_id: int
    balance: Money
    held: Money
    credit_limit: Money


class StatementRow(Answer):
    """One movement on a client's balance; plus is the client's gain."""

    id: int
    created_at: datetime
    kind: str
    amount: Money
    balance_after: Money
    description: str
    invoice_id: int | None
    daily_charge_id: int | None
    service_id: int | None

    @classmethod
    def of(cls, posting: models.Posting, entry: models.LedgerEntry) -> Self:
        return cls(
            id=posting.id,
            created_at=entry.created_at,
            kind=entry.kind,
            amount=Money(posting.amount_minor, posting.currency),
            balance_after=Money(posting.balance_after_minor, posting.currency),
            description=entry.description,
            invoice_id=entry.invoice_id,
            daily_charge_id=entry.source_id if entry.source_type == "daily_charge" else None,
            service_id=entry.service_id,
        )


class Source(Answer):
    """What made an entry."""

    type: str
    id: int


class PostingAnswer(Answer):
    """One leg of an entry."""

    ledger_account: str
    client_id: int | None
    amount: Money


class LedgerEntryAnswer(Answer):
    """One balanced movement of money."""

    id: int
    created_at: datetime
    kind: str
    description: str
    source: Source
    postings: list[PostingAnswer]


class LedgerProblem(Answer):
    """A broken promise, and the first rows of a table that break it."""

    invariant: str
    detail: str
    table: str
    ids: list[int]


class LedgerCheck(Answer):
    """Whether the books keep every promise."""

    ok: bool
    checked: dict[str, int]
    problems: list[LedgerProblem]

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(
            ok=verdict.ok,
            checked=verdict.checked,
            problems=[
                LedgerProblem(
                    invariant=problem.invariant,
                    detail=problem.detail,
                    table=problem.table,
                    ids=list(problem.ids),
                )
                for problem in verdict.problems
            ],
        )


class BilledPeriodAnswer(Answer):
    """Days of one line of a service that were charged, by an invoice or a daily charge.

    Those of the kind ``free`` cost nothing: the service was suspended.
    """

    id: int
    kind: str
    resource_type: str | None
    start_on: date
    end_on: date
    amount: Money
    invoice_id: int | None
    daily_charge_id: int | None
    reversed: bool

    @classmethod
    def of(cls, row: models.BilledPeriod) -> Self:
        return cls(
            id=row.id,
            kind=row.kind,
            resource_type=row.resource_type,
            start_on=row.start_on,
            end_on=row.end_on,
            amount=Money(row.amount_minor, row.currency),
            invoice_id=row.invoice_id,
            daily_charge_id=row.daily_charge_id,
            reversed=row.reversed,
        )


class EventAnswer(Answer):
    """One thing that happened, as plugins are told it."""

    id: int
    name: str
    occurred_at: datetime
    client_id: int | None
    facts: dict[str, Any]

    @classmethod
    def of(cls, row: models.Event) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            occurred_at=row.occurred_at,
            client_id=row.client_id,
            facts=row.facts,
        )
