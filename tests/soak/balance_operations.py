"""Balances under fire: processes post to few hot and many cold accounts, all at once.

``python -m tests.soak.balance_operations`` runs 200,000 operations from 8 processes on each kind
of database, prints how fast that was, and ends with 1 if a single minor unit is in doubt.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from tests.factories import make_client
from tests.servers.databases import DATABASES, PostgresqlDatabases, SqliteDatabases
from tests.servers.places import private_folder
from tests.servers.postgresql import running_postgresql

from billing_hookspecs import Money, Secret
from billing_kernel.application.invariants.ledger import LEDGER
from billing_kernel.application.posting import post
from billing_kernel.database import Database
from billing_kernel.domain.ledger import (
    EntryDraft,
    EntryKind,
    InsufficientFundsError,
    Owner,
    clearing_of,
    draft_credit,
    draft_earning,
    draft_hold,
    draft_receipt,
    draft_release,
    draft_repayment,
)
from billing_kernel.models import LedgerAccount, LedgerEntry, PaymentMethod, Posting, Provider
from billing_kernel.settings import Settings

CURRENCY = "RUB"
HOT, COLD = 4, 400
HOT_SHARE = 0.6
SOURCELESS = {"entries_have_sources", "adjustments_are_booked"}
"""Promises about what made an entry: here nothing did."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does, on the same database as the others."""

    url: str
    number: int
    operations: int
    provider_id: int
    payment_method_id: int
    client_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went; ``doubts`` are whatever isn't right afterwards."""

    posted: int
    refused: int
    duration_s: float
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        pace = (self.posted + self.refused) / self.duration_s
        found = (
            "; ".join(self.doubts) or "no balance below zero, all sums zero, cached = recomputed"
        )
        return (
            f"{self.posted + self.refused} operations ({self.refused} refused for lack of funds) "
            f"in {self.duration_s:.0f} s, {pace:.0f}/s: {found}"
        )


@contextmanager
def database_of(kind: str) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    with private_folder(f"soak-{kind}") as folder:
        if kind == "sqlite":
            with SqliteDatabases(folder).migrated() as url:
                yield url
        else:
            with (
                running_postgresql(folder) as server,
                PostgresqlDatabases(server).migrated() as url,
            ):
                yield url


def run(url: str, operations: int, processes: int) -> Outcome:
    """That many operations, shared by processes; then every balance is examined."""
    tasks = _prepare(url, operations, processes)
    began = time.monotonic()
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        counts = sum(pool.map(work, tasks), Counter[str]())
    duration_s = time.monotonic() - began
    database = Database(_settings(url))
    with database.reading() as session:
        doubts = tuple(_doubts(session, counts["posted"]))
    database.close()
    return Outcome(counts["posted"], counts["refused"], duration_s, doubts)


def work(task: Task) -> Counter[str]:
    """Post at random; each operation is a transaction of its own."""
    database = Database(_settings(task.url))
    chance = random.Random(task.number)
    counts: Counter[str] = Counter()
    first = task.number * 10**9
    for source_id in range(first, first + task.operations):
        drafts = _drafts(task, chance, source_id)
        try:
            database.run(lambda session, drafts=drafts: _post_all(session, drafts))
        except InsufficientFundsError:
            counts["refused"] += 1
        else:
            counts["posted"] += 1
    database.close()
    return counts


def _post_all(session: Session, drafts: Sequence[EntryDraft]) -> None:
    for draft in drafts:
        post(session, draft)


def _drafts(task: Task, chance: random.Random, source_id: int) -> list[EntryDraft]:
    is_hot = chance.random() < HOT_SHARE
    pool = task.client_ids[:HOT] if is_hot else task.client_ids[HOT:]
    owner = Owner(task.provider_id, chance.choice(pool))
    clearing = clearing_of(task.provider_id, task.payment_method_id, CURRENCY)
    amount = Money(chance.randint(2, 500), CURRENCY)
    tax = Money(amount.amount_minor // 6, CURRENCY)
    zero = Money.zero(CURRENCY)
    kind = chance.choice(("receipt", "receipt", "hold", "hold", "earn", "release", "sale", "back"))
    match kind:
        case "receipt":
            return [draft_receipt(owner, source_id, task.payment_method_id, amount, kind)]
        case "hold":
            return [_hold(owner, source_id, amount)]
        case "earn":
            return [draft_earning(owner, source_id, amount - tax, tax, kind, None, None)]
        case "release":
            return [draft_release(owner, source_id, amount, kind, None, None)]
        case "sale":
            held = _hold(owner, source_id, amount)
            return [held, draft_earning(owner, source_id, amount - tax, tax, kind, None, None)]
        case _:
            if chance.random() < 0.5:
                return [draft_credit(owner, source_id, amount - tax, tax, kind, None)]
            return [draft_repayment(owner, source_id, amount, zero, zero, clearing, kind)]


def _hold(owner: Owner, source_id: int, amount: Money) -> EntryDraft:
    """For an invoice that there isn't."""
    return replace(draft_hold(owner, source_id, amount, "hold"), invoice_id=None)


def _prepare(url: str, operations: int, processes: int) -> list[Task]:
    def create(session: Session) -> tuple[int, int, tuple[int, ...]]:
        provider = Provider(
            name="Hosting", currency=CURRENCY, time_zone="UTC", default_country="RU",
            notification_email="ops@provider.test",
        )  # fmt: skip
        method = PaymentMethod(name={}, driver="-", uid="-", settings={}, sealed_secrets=b"-")
        session.add_all([provider, method])
        session.flush()
        clients = [make_client(session, provider, f"{n}@client.test") for n in range(HOT + COLD)]
        return provider.id, method.id, tuple(client.id for client in clients)

    database = Database(_settings(url))
    provider_id, method_id, client_ids = database.run(create)
    database.close()
    share, rest = divmod(operations, processes)
    return [
        Task(url, number, share + (number < rest), provider_id, method_id, client_ids)
        for number in range(processes)
    ]


def _doubts(session: Session, posted: int) -> Iterator[str]:
    """Whatever isn't as it must be, by promises of its own and by those of the kernel."""
    total = session.scalar(select(func.coalesce(func.sum(Posting.amount_minor), 0)))
    if total:
        yield f"all postings together come to {total}"
    lowest = session.scalar(
        select(func.min(LedgerAccount.balance_minor)).where(LedgerAccount.guarded)
    )
    if lowest is not None and lowest < 0:
        yield f"a balance fell to {lowest}"
    purposes = select(func.count(func.distinct(LedgerEntry.source_id)))
    written = session.scalar(purposes.where(LedgerEntry.kind != EntryKind.REVERSAL))
    if written != posted:
        yield f"{posted} operations were posted, {written} are written"
    for promised in LEDGER:
        if promised.name not in SOURCELESS:
            broken = session.execute(text(promised.query)).fetchmany(5)
            if broken:
                yield f"{promised.name}: {promised.table} {[row[0] for row in broken]}"


def _settings(url: str) -> Settings:
    return Settings(database_url=Secret(url))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=200_000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--database", choices=DATABASES, action="append")
    chosen = parser.parse_args()
    is_right = True
    for kind in chosen.database or DATABASES:
        with database_of(kind) as url:
            outcome = run(url, chosen.operations, chosen.processes)
        print(f"{kind}: {outcome}", flush=True)
        is_right = is_right and not outcome.doubts
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
