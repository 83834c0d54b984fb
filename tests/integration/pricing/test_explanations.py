"""Invoices whose amounts are made again from what was stored with them."""

import random
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import select
from tests.factories import Shop, place

from billing_kernel.application.explaining import explain_line
from billing_kernel.application.kernel import Kernel
from billing_kernel.clock import FixedClock
from billing_kernel.models import InvoiceLine

ORDERS = 150


@pytest.mark.slow
def test_every_line_of_many_orders_comes_out_again(kernel: Kernel, shop: Shop) -> None:
    """Random amounts of addons on random days, read back from the database."""
    dice = random.Random(7)
    for _ in range(ORDERS):
        cast(FixedClock, kernel.clock).instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
            hours=dice.randrange(9000)
        )
        addons = {
            "disk": dice.randrange(10, 101, 5),
            "panel": dice.choice((11, 12)),
            "backup": dice.random() < 0.5,
        }
        place(kernel, shop, addons=addons, period_months=dice.choice((1, 3)))
    with kernel.database.reading() as session:
        lines = session.scalars(select(InvoiceLine)).all()
        assert len(lines) > 2 * ORDERS
        for line in lines:
            explanation = explain_line(session, kernel, line.invoice_id, line.id)
            assert explanation.is_same, (line.kind, explanation.reason)
            assert explanation.recomputed is not None
            assert explanation.recomputed.steps == explanation.stored.steps
