"""News: what happened, told to plugins after it was committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing_hookspecs.values import Json, Value


@dataclass(frozen=True, slots=True)
class Event(Value):
    """One thing that happened.

    ``id`` grows with time and is the same for every delivery; ``name`` is a past tense
    (``ServiceOpened``); ``facts`` are ids, amounts in minor units and ISO dates, never
    secrets. The names and facts of all events are in docs/reference/events.md.
    """

    id: int
    name: str
    occurred_at: datetime
    facts: Mapping[str, Json] = field(default_factory=dict)


EVENT_NAMES = (
    "ClientRegistered",
    "ClientParked",
    "ClientReleased",
    "OrderPlaced",
    "OrderCancelled",
    "AddonLeftCart",
    "InvoiceIssued",
    "InvoicePaid",
    "PaymentReceived",
    "PaymentFailed",
    "PaymentCancelled",
    "PaymentWentToBalance",
    "PaymentRefunded",
    "PaymentDisputed",
    "ServiceOpened",
    "ServiceChanged",
    "ServiceRenewed",
    "ServiceSuspended",
    "ServiceResumed",
    "ServiceDeleted",
    "ServicePasswordChanged",
    "PanelEntered",
    "ServiceDeletionPlanned",
    "ServiceDeletionTakenBack",
    "SubscriptionStarted",
    "SubscriptionEnded",
    "ServiceExpiring",
    "ServiceDeletionDue",
    "ServiceAwaitsParameters",
    "BalanceRanLow",
    "OperationRefused",
    "TaskOpened",
)
