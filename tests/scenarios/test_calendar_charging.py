"""A service that is charged by calendar months, from the order to its second renewal."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session
from tests.factories import FakeModule, buy, make_kernel, make_shop, operation_of, service_of

from billing_hookspecs import Money
from billing_kernel.application.cataloguing import change_plan, fields_of
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.renewing import RenewService, renew_service
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.models import BilledPeriod, TariffPlan
from billing_kernel.settings import Settings


def test_calendar_periods_meet_without_a_gap(
    settings: Settings, request: pytest.FixtureRequest
) -> None:
    """Ordered on July 17th, active from the 19th: the days ordered stay, then whole months."""
    clock = FixedClock(datetime(2026, 7, 17, 12, tzinfo=UTC))
    kernel = make_kernel(settings, FakeModule(), clock=clock)
    request.addfinalizer(kernel.database.close)
    shop = make_shop(kernel, time_zone="UTC", balance_minor=20_000)

    def charge_by_calendar(session: Session) -> None:
        plan = session.get_one(TariffPlan, shop.plan.id)
        fields = replace(
            fields_of(session, plan),
            charging={"policy": "calendar", "pro_rata_day": 15},
        )
        change_plan(session, kernel, plan.id, fields)

    kernel.database.run(charge_by_calendar)
    placed = buy(kernel, shop)
    service_id = placed.services[0].id
    clock.instant = datetime(2026, 7, 19, 12, tzinfo=UTC)
    run_operation(kernel, operation_of(kernel, service_id).id)
    assert service_of(kernel, service_id).expires_on == date(2026, 9, 1)

    for expected in (date(2026, 10, 1), date(2026, 11, 1)):

        def renew(session: Session) -> None:
            invoice = renew_service(
                session,
                kernel,
                RenewService(service_id, 1),
                shop.client.id,
            )
            pay_invoice(
                session,
                kernel,
                invoice.id,
                shop.client.id,
                PayWith(balance=True),
            )

        kernel.database.run(renew)
        run_operation(kernel, operation_of(kernel, service_id).id)
        assert service_of(kernel, service_id).expires_on == expected

    with kernel.database.reading() as session:
        billed = session.query(BilledPeriod).order_by(BilledPeriod.start_on).all()
        assert [(period.start_on, period.end_on) for period in billed] == [
            (date(2026, 7, 17), date(2026, 9, 1)),
            (date(2026, 9, 1), date(2026, 10, 1)),
            (date(2026, 10, 1), date(2026, 11, 1)),
        ]
        # 15 of 31 days and a whole month at 10.00, then 10.00 twice
        assert Money(sum(period.amount_minor for period in billed), "RUB") == Money(3484, "RUB")
        assert verify_ledger(session).problems == ()
