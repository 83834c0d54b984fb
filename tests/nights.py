"""Many services that fall due on one night, and what the books say of them afterwards."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from tests.factories import Shop, make_administrator

from billing_hookspecs import Money
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.posting import lock_accounts_of, post_many
from billing_kernel.application.quoting import version_in_force
from billing_kernel.application.running import Progress, carry_out, start_run
from billing_kernel.bulk import bulk_write, draw_ids
from billing_kernel.domain.ledger import (
    GUARDED,
    AccountKey,
    AccountKind,
    Owner,
    draft_adjustment,
)
from billing_kernel.domain.paid import Paid, paid_document
from billing_kernel.models import (
    Adjustment,
    Base,
    Client,
    LedgerAccount,
    Order,
    Run,
    Service,
    TariffPlan,
)

OPENED_ON = date(2026, 1, 31)
EXPIRES_ON = date(2026, 2, 28)
NIGHT = datetime(2026, 2, 28, 12, tzinfo=UTC)
"""A moment of the day on which everything that is seeded expires."""

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clients with money, and services that want to be renewed."""

    clients: int
    services_each: int = 1
    balance_minor: int = 10_000


def seed(kernel: Kernel, shop: Shop, crowd: Crowd) -> None:
    """Write a crowd into the books, so that they still verify."""
    for begin in range(0, crowd.clients, CHUNK):
        size = min(CHUNK, crowd.clients - begin)
        kernel.database.run(partial(_seed, shop=shop, crowd=crowd, size=size))


def _seed(session: Session, shop: Shop, crowd: Crowd, size: int) -> None:
    client_ids = draw_ids(session, Client, size)
    provider_id, currency = shop.provider.id, shop.provider.currency
    bulk_write(
        session,
        Client,
        [
            {
                "id": each,
                "provider_id": provider_id,
                "email": f"client-{each}@clients.test",
                "name": f"Client {each}",
                "password_hash": "-",
                "country": "RU",
                "language": "en",
            }
            for each in client_ids
        ],
    )
    bulk_write(
        session,
        LedgerAccount,
        [
            {
                "kind": str(kind),
                "provider_id": provider_id,
                "client_id": each,
                "currency": currency,
                "guarded": True,
            }
            for each in client_ids
            for kind in sorted(GUARDED)
        ],
    )
    _give(session, shop, crowd, client_ids)
    _open(session, shop, crowd, client_ids)


def _give(session: Session, shop: Shop, crowd: Crowd, client_ids: list[int]) -> None:
    """The balances, each by an adjustment of its own."""
    provider_id, currency = shop.provider.id, shop.provider.currency
    amount = Money(crowd.balance_minor, currency)
    adjustment_ids = draw_ids(session, Adjustment, len(client_ids))
    administrator_id = make_administrator(session).id
    bulk_write(
        session,
        Adjustment,
        [
            {
                "id": each,
                "client_id": client_id,
                "provider_id": provider_id,
                "administrator_id": administrator_id,
                "amount_minor": amount.amount_minor,
                "currency": currency,
                "reason": "seed",
            }
            for each, client_id in zip(adjustment_ids, client_ids, strict=True)
        ],
    )
    other = AccountKey(AccountKind.ADJUSTMENT, provider_id, currency)
    row = session.scalars(
        select(LedgerAccount).filter_by(
            kind=other.kind, provider_id=provider_id, currency=currency, client_id=None
        )
    ).one()
    accounts = lock_accounts_of(session, provider_id, client_ids)
    accounts[other] = type(next(iter(accounts.values())))(
        row.id, row.balance_minor, 10**15, row.version
    )
    drafts = [
        draft_adjustment(Owner(provider_id, client_id), each, amount, "seed")
        for each, client_id in zip(adjustment_ids, client_ids, strict=True)
    ]
    post_many(session, drafts, accounts)


def _open(session: Session, shop: Shop, crowd: Crowd, client_ids: list[int]) -> None:
    provider_id, currency = shop.provider.id, shop.provider.currency
    version_id = version_in_force(session, session.get_one(TariffPlan, shop.plan.id)).id
    paid = paid_document(Paid(OPENED_ON, EXPIRES_ON, 1, Money(1000, currency)))
    order_ids = draw_ids(session, Order, len(client_ids))
    bulk_write(
        session,
        Order,
        [
            {
                "id": each,
                "client_id": client_id,
                "provider_id": provider_id,
                "tariff_plan_id": shop.plan.id,
                "status": "paid",
                "item": {},
                "net_minor": 0,
                "tax_minor": 0,
                "total_minor": 0,
                "currency": currency,
            }
            for each, client_id in zip(order_ids, client_ids, strict=True)
        ],
    )
    bulk_write(
        session,
        Service,
        [
            {
                "client_id": client_id,
                "provider_id": provider_id,
                "order_id": order_id,
                "product_type": "thing",
                "tariff_plan_id": shop.plan.id,
                "tariff_version_id": version_id,
                "processing_module_id": shop.module_id,
                "reference": f"s{client_id}-{number}",
                "name": f"thing {client_id}-{number}",
                "status": "active",
                "period_months": 1,
                "anchor_on": OPENED_ON,
                "started_on": OPENED_ON,
                "expires_on": EXPIRES_ON,
                "auto_renewal": True,
                "parameters": {"name": f"thing {client_id}-{number}"},
                "paid": paid,
                "upstream_id": f"up-{client_id}-{number}",
                "facts": {"key": f"K-{client_id}-{number}"},
            }
            for order_id, client_id in zip(order_ids, client_ids, strict=True)
            for number in range(crowd.services_each)
        ],
    )


def run_night(kernel: Kernel, progress: Progress | None = None, **how: Any) -> Run:
    """One nightly run from beginning to end."""
    run = kernel.database.run(lambda session: start_run(session, kernel, is_queued=False, **how))
    return carry_out(kernel, run.id, progress)


LEDGER = """
SELECT a.client_id, a.kind, p.amount_minor, e.source_type, e.kind, l.service_id, l.start_on,
    l.end_on
FROM postings p JOIN ledger_entries e ON e.id = p.entry_id
JOIN ledger_accounts a ON a.id = p.ledger_account_id
LEFT JOIN invoice_lines l ON e.kind = 'hold' AND l.invoice_id = e.source_id
"""


def ledger_hash(session: Session) -> str:
    """Equal for equal movements of money, whatever their order and ids."""
    rows = sorted(repr(tuple(map(str, row))) for row in session.execute(text(LEDGER)))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


PASSING = {"id", "uid", "reference", "due_at", "number", "series_number", "last_number"}
"""Columns that differ between two equal nights, beside instants."""


def everything(session: Session) -> Mapping[str, list[str]]:
    """All rows of all tables but runs, with names instead of ids, in an order of their own."""
    names = _names(session)
    return {
        table.name: sorted(_rows(session, table, names))
        for table in Base.metadata.sorted_tables
        if table.name not in ("runs", "invoice_series")
    }


Names = Mapping[str, Mapping[int, str]]


def _names(session: Session) -> Names:
    """What rows of a night are called: by the services and the days that they are about."""

    def named(query: str) -> dict[int, str]:
        return {row[0]: " ".join(map(str, row[1:])) for row in session.execute(text(query))}

    invoices: dict[int, str] = {}
    for row in session.execute(
        text("SELECT invoice_id, kind, service_id, start_on FROM invoice_lines ORDER BY id")
    ):
        invoices[row[0]] = invoices.get(row[0], "") + f"{row[1]} {row[2]} {row[3]};"
    names: dict[str, dict[int, str]] = {
        "invoices": invoices,
        "operations": named("SELECT id, service_id, kind, state FROM operations"),
        "ledger_entries": named("SELECT id, kind, source_type FROM ledger_entries"),
    }
    for table, query in (
        (
            "ledger_entries",
            "SELECT id, source_id FROM ledger_entries WHERE source_type = 'invoice'",
        ),
        ("operations", "SELECT id, invoice_id FROM operations WHERE invoice_id IS NOT NULL"),
    ):
        for row in session.execute(text(query)):
            names[table][row[0]] += f" {invoices[row[1]]}"
    names["events"] = {
        row.id: f"{row.name} {_renamed(dict(row.facts), names)}"
        for row in session.execute(select(Base.metadata.tables["events"]))
    }
    names["event_deliveries"] = {
        row.id: f"{row.plugin} {names['events'][row.event_id]}"
        for row in session.execute(select(Base.metadata.tables["event_deliveries"]))
    }
    return names


NAMING = {
    "invoice_id": "invoices",
    "operation_id": "operations",
    "event_id": "events",
    "delivery_id": "event_deliveries",
}


def _renamed(document: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        key: names[NAMING[key]].get(value, value) if key in NAMING else value
        for key, value in sorted(document.items())
    }


def _rows(session: Session, table: Any, names: Names) -> Iterator[str]:
    for row in session.execute(select(table)).mappings():
        said = {}
        for column in table.columns:
            value = row[column.name]
            if column.name in PASSING or isinstance(value, datetime):
                continue
            for key in column.foreign_keys:
                value = names.get(key.column.table.name, {}).get(value, value)
            if isinstance(value, dict):
                value = _renamed(value, names)
            if table.name == "ledger_entries":
                if column.name == "source_id":
                    value = names["ledger_entries"][row["id"]]
                if column.name == "description" and row["kind"] == "hold":
                    value = value.rstrip("0123456789")
            said[column.name] = value
        yield repr(said)
