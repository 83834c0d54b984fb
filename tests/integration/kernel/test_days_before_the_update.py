"""Services that were charged daily before the night charged their days: none is charged late."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Date, DateTime, Integer, MetaData, insert, select

from billing_kernel.database import make_engine
from billing_kernel.migrating import upgrade_schema

LONG_AGO = date(2026, 1, 5)
OPENED_BEFORE = {"active": LONG_AGO, "suspended": LONG_AGO, "deleted": LONG_AGO}


def write(connection: Connection, tables: MetaData, table: str, **values: Any) -> None:
    """A row as an earlier version wrote it; what isn't said is empty."""
    row = dict(values)
    for column in tables.tables[table].columns:
        if column.name in (*row, "id") or column.nullable or column.server_default is not None:
            continue
        if isinstance(column.type, Boolean):
            row[column.name] = False
        elif isinstance(column.type, DateTime):
            row[column.name] = datetime(2026, 1, 5, tzinfo=UTC)
        elif isinstance(column.type, Date):
            row[column.name] = LONG_AGO
        elif isinstance(column.type, Integer):
            row[column.name] = 1
        else:
            row[column.name] = "{}"
    connection.execute(insert(tables.tables[table]).values(row))


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_days_before_the_update_stay_free(empty_database_url: str) -> None:
    """They were promised to nobody's balance; the next night must not take months at once."""
    engine = make_engine(empty_database_url)
    upgrade_schema(engine, "0011")
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in ("providers", "clients", "tariff_plans", "tariff_versions"):
            write(connection, tables, table, id=1)
        write(connection, tables, "orders", id=1, status="paid")
        for number, (status, opened_on) in enumerate(OPENED_BEFORE.items(), 1):
            write(
                connection, tables, "services", id=number, status=status, reference=status,
                period_months=1, started_on=opened_on, anchor_on=opened_on,
            )  # fmt: skip
            write(
                connection, tables, "billed_periods", service_id=number, line_no=0, kind="period",
                start_on=opened_on, end_on=opened_on + timedelta(days=1), amount_minor=10,
                currency="EUR",
            )  # fmt: skip
    upgrade_schema(engine)
    after = MetaData()
    after.reflect(engine, only=["services", "billed_periods"])
    services, billed = after.tables["services"], after.tables["billed_periods"]
    today = datetime.now(UTC).date()
    with engine.connect() as connection:
        pointers = select(services.c.charged_until, services.c.served_until).order_by(services.c.id)
        assert connection.execute(pointers).all() == [
            (today, None),
            (LONG_AGO + timedelta(days=1), LONG_AGO + timedelta(days=1)),
            (None, None),
        ]
        free = select(
            billed.c.service_id, billed.c.start_on, billed.c.end_on, billed.c.amount_minor
        )
        assert connection.execute(free.where(billed.c.kind == "free")).all() == [
            (1, LONG_AGO + timedelta(days=1), today, 0)
        ]
    engine.dispose()
