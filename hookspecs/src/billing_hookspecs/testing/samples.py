"""Requests to try a driver with; every part can be replaced by keyword."""

from dataclasses import replace
from datetime import date
from typing import Any

from billing_hookspecs.gateways import PayerView, StartPayment
from billing_hookspecs.money import Money
from billing_hookspecs.processing import ClientView, ServiceView


def sample_service(number: int = 1, **changes: Any) -> ServiceView:
    """A service that was paid and isn't open yet; another ``number`` is another service."""
    service = ServiceView(
        id=number,
        reference=f"sample-{number}",
        product_type="sample",
        tariff_code="",
        name=f"Service {number}",
        period_months=1,
        client=ClientView(id=7, name="Zoë Müller", email="zoe@example.com", country="DE"),
        paid_until=date(2030, 2, 1),
        username=f"user{number}",
        domain=f"site{number}.example.com",
    )
    return replace(service, **changes)


def sample_start_payment(number: int = 1, **changes: Any) -> StartPayment:
    """A request to pay 12.90 EUR; another ``number`` is another payment."""
    request = StartPayment(
        payment_id=number,
        reference=f"sample-payment-{number}",
        amount=Money(1290, "EUR"),
        description=f"Invoice {number}",
        return_url="https://billing.example.com/return",
        notification_url="https://billing.example.com/api/v1/notifications/1",
        payer=PayerView("Zoë Müller", "individual", "DE", "zoe@example.com"),
    )
    return replace(request, **changes)
