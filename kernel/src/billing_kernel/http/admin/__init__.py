"""The API of administrators, one resource a file."""

from typing import Any

from billing_kernel.http.admin import (
    clients,
    companies,
    data_centers,
    departments,
    events,
    invoices,
    ledger,
    operations,
    orders,
    payment_methods,
    payments,
    plugins,
    processing_modules,
    providers,
    services,
    tariff_plans,
    tasks,
    tax_rates,
    unmatched_receipts,
)

HANDLERS: list[Any] = [
    *providers.HANDLERS,
    *companies.HANDLERS,
    *tax_rates.HANDLERS,
    *departments.HANDLERS,
    *data_centers.HANDLERS,
    *clients.HANDLERS,
    *processing_modules.HANDLERS,
    *tariff_plans.HANDLERS,
    *payment_methods.HANDLERS,
    *orders.HANDLERS,
    *services.HANDLERS,
    *operations.HANDLERS,
    *tasks.HANDLERS,
    *invoices.HANDLERS,
    *payments.HANDLERS,
    *unmatched_receipts.HANDLERS,
    *ledger.HANDLERS,
    *events.HANDLERS,
    *plugins.HANDLERS,
]
