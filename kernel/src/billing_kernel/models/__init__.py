"""The tables, one noun a file."""

from billing_kernel.models.base import Base, wall_clock
from billing_kernel.models.catalogue import TariffPlan, TariffVersion
from billing_kernel.models.clients import Client, IdempotencyKey, LoginAttempt, Session
from billing_kernel.models.connections import (
    PaymentMethod,
    PaymentMethodProvider,
    ProcessingModule,
)
from billing_kernel.models.invoices import Invoice, InvoiceLine
from billing_kernel.models.ledger import LedgerAccount, LedgerEntry, Posting
from billing_kernel.models.operations import Operation, OperationAttempt, Task
from billing_kernel.models.orders import Order
from billing_kernel.models.outbox import Event, EventDelivery, OutboxMessage
from billing_kernel.models.payments import Payment
from billing_kernel.models.providers import (
    Administrator,
    DataCenter,
    Department,
    InvoiceSeries,
    Provider,
)
from billing_kernel.models.services import BilledPeriod, Service

__all__ = [
    "Administrator",
    "Base",
    "BilledPeriod",
    "Client",
    "DataCenter",
    "Department",
    "Event",
    "EventDelivery",
    "IdempotencyKey",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "LedgerAccount",
    "LedgerEntry",
    "LoginAttempt",
    "Operation",
    "OperationAttempt",
    "Order",
    "OutboxMessage",
    "Payment",
    "PaymentMethod",
    "PaymentMethodProvider",
    "Posting",
    "ProcessingModule",
    "Provider",
    "Service",
    "Session",
    "TariffPlan",
    "TariffVersion",
    "Task",
    "wall_clock",
]
