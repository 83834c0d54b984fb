"""The API of administrators, one resource a file."""

from collections.abc import Mapping
from typing import Any

from billing_kernel.domain.rights import Right
from billing_kernel.http.admin import (
    addons,
    business_hours,
    client_groups,
    clients,
    clock,
    companies,
    daily_charges,
    data_centers,
    departments,
    document_templates,
    employees,
    enumerations,
    events,
    invoices,
    ledger,
    message_templates,
    messages,
    name_servers,
    notification_channels,
    operations,
    orders,
    panels,
    payment_methods,
    payments,
    plugins,
    processing_modules,
    product_types,
    providers,
    runs,
    services,
    subscriptions,
    tariff_plans,
    tasks,
    tax_rates,
    unmatched_receipts,
)

HANDLERS: list[Any] = [
    *employees.HANDLERS,
    clients.adjust,
    clients.limit_credit,
    clients.release_parked,
    *runs.HANDLERS,
    *clock.HANDLERS,
    *messages.HANDLERS,
]
"""For administrators alone: what employees are let into is named below."""

BY_RIGHT: Mapping[Right, list[Any]] = {
    Right.SETTINGS: [
        *providers.HANDLERS,
        *companies.HANDLERS,
        *tax_rates.HANDLERS,
        *departments.HANDLERS,
        *business_hours.HANDLERS,
        *data_centers.HANDLERS,
        processing_modules.list_processing_modules,
        processing_modules.create_processing_module,
        processing_modules.get_processing_module,
        processing_modules.change_processing_module,
        processing_modules.delete_processing_module,
        processing_modules.check_processing_module,
        *name_servers.HANDLERS,
        *document_templates.HANDLERS,
        *message_templates.HANDLERS,
        *payment_methods.HANDLERS,
        *notification_channels.HANDLERS,
        *plugins.HANDLERS,
    ],
    Right.CLIENTS: [
        *client_groups.HANDLERS,
        clients.list_clients,
        clients.get_client,
        clients.change,
        clients.list_balances,
    ],
    Right.TARIFFS: [
        *product_types.HANDLERS,
        *tariff_plans.HANDLERS,
        *addons.HANDLERS,
        *enumerations.HANDLERS,
        processing_modules.list_importable_tariff_plans,
        processing_modules.import_tariff_plans,
        processing_modules.sync_tariff_plans,
    ],
    Right.SERVICES: [
        *orders.HANDLERS,
        *services.HANDLERS,
        *panels.HANDLERS,
        *daily_charges.HANDLERS,
        *subscriptions.HANDLERS,
        name_servers.get_service_domain,
        processing_modules.reconcile_processing_module,
        *operations.HANDLERS,
    ],
    Right.TASKS: [*tasks.HANDLERS],
    Right.PAYMENTS: [
        *invoices.HANDLERS,
        *payments.HANDLERS,
        *unmatched_receipts.HANDLERS,
    ],
    Right.REPORTS: [
        *ledger.HANDLERS,
        *events.HANDLERS,
    ],
}
"""What a right opens, beside administrators' doors to all of it."""
