"""The tables, one noun a file."""

from billing_kernel.models.base import Base, wall_clock
from billing_kernel.models.carts import CartItem
from billing_kernel.models.catalogue import (
    Enumeration,
    EnumerationValue,
    ProductTypeSettings,
    TariffAddon,
    TariffPlan,
    TariffVersion,
)
from billing_kernel.models.changes import ServiceChange
from billing_kernel.models.charges import DailyCharge
from billing_kernel.models.clients import Client, ClientGroup, IdempotencyKey, LoginAttempt, Session
from billing_kernel.models.connections import (
    PaymentMethod,
    PaymentMethodProvider,
    ProcessingModule,
    UpstreamBalance,
)
from billing_kernel.models.documents import Document
from billing_kernel.models.employees import BusinessHours, Employee, EmployeeDepartment
from billing_kernel.models.gateways import GatewayNotification, StoredMethod
from billing_kernel.models.invoices import Invoice, InvoiceLine
from billing_kernel.models.ledger import LedgerAccount, LedgerEntry, Posting
from billing_kernel.models.messages import Message, NotificationChannel, Reminder
from billing_kernel.models.name_servers import NameServer, ServiceDomain
from billing_kernel.models.operations import Operation, OperationAttempt, Task
from billing_kernel.models.orders import Order
from billing_kernel.models.outbox import Event, EventDelivery, OutboxMessage
from billing_kernel.models.payers import Company, Payer
from billing_kernel.models.payments import Payment
from billing_kernel.models.providers import (
    Administrator,
    DataCenter,
    Department,
    InvoiceSeries,
    Provider,
)
from billing_kernel.models.refunds import (
    Adjustment,
    Dispute,
    Refund,
    RefundLine,
    UnmatchedReceipt,
)
from billing_kernel.models.runs import Run
from billing_kernel.models.schedules import Leader, MovedClock, Schedule
from billing_kernel.models.services import BilledPeriod, Service
from billing_kernel.models.subscriptions import Collection, Subscription
from billing_kernel.models.taxes import TaxRate
from billing_kernel.models.templates import DocumentTemplate, MessageTemplate

__all__ = [
    "Adjustment",
    "Administrator",
    "Base",
    "BilledPeriod",
    "BusinessHours",
    "CartItem",
    "Client",
    "ClientGroup",
    "Collection",
    "Company",
    "DailyCharge",
    "DataCenter",
    "Department",
    "Dispute",
    "Document",
    "DocumentTemplate",
    "Employee",
    "EmployeeDepartment",
    "Enumeration",
    "EnumerationValue",
    "Event",
    "EventDelivery",
    "GatewayNotification",
    "IdempotencyKey",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "Leader",
    "LedgerAccount",
    "LedgerEntry",
    "LoginAttempt",
    "Message",
    "MessageTemplate",
    "MovedClock",
    "NameServer",
    "NotificationChannel",
    "Operation",
    "OperationAttempt",
    "Order",
    "OutboxMessage",
    "Payer",
    "Payment",
    "PaymentMethod",
    "PaymentMethodProvider",
    "Posting",
    "ProcessingModule",
    "ProductTypeSettings",
    "Provider",
    "Refund",
    "RefundLine",
    "Reminder",
    "Run",
    "Schedule",
    "Service",
    "ServiceChange",
    "ServiceDomain",
    "Session",
    "StoredMethod",
    "Subscription",
    "TariffAddon",
    "TariffPlan",
    "TariffVersion",
    "Task",
    "TaxRate",
    "UnmatchedReceipt",
    "UpstreamBalance",
    "wall_clock",
]
