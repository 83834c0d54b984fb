"""What people are written about: each occasion, its event, and the macros of its texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billing_hookspecs import LocalizedText


class MessageState(StrEnum):
    """``KEPT`` is only shown to its reader: there was no channel to send it by."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    KEPT = "kept"


class Audience(StrEnum):
    CLIENT = "client"
    DEPARTMENT = "department"


PROVIDER: Final = {
    "provider.name": "the provider's name",
    "provider.support_email": "where clients write to",
    "provider.site_url": "its site",
    "provider.billing_url": "the client area",
    "provider.help_url": "its help pages",
}
CLIENT: Final = {
    "client.name": "the client's name",
    "client.email": "the client's address",
}
SERVICE: Final = {
    "service.id": "its number",
    "service.name": "its name",
    "service.tariff": "the name of its tariff plan",
    "service.domain": "its domain, where it has one",
    "service.username": "its login at the upstream, where it has one",
    "service.status": "its state, such as active",
    "service.expires_on": "the day on which what was paid ends",
    "upstream.*": "what the upstream told of it and clients may see, by name: upstream.ip",
}
REMINDER: Final = {
    "reminder.days_left": "days until then",
    "reminder.price": "what the renewal costs now, where that is known",
}
DELETION: Final = {"reminder.deleted_on": "the day from which on it is deleted"}
OPERATION: Final = {
    "operation.kind": "what was refused: open, renew, change, suspend, resume, change_password"
}
PAYMENT: Final = {
    "payment.id": "its number",
    "payment.amount": "how much",
    "payment.method": "the payment method's name",
}
BALANCE: Final = {
    "balance.amount": "how much there is, with the credit limit",
    "balance.per_day": "what a day costs",
    "balance.days_left": "how many more days that covers",
    "balance.ends_on": "the first day that it doesn't cover",
}
RETURNED: Final = {
    "payment.id": "its number",
    "payment.amount": "how much went to the balance",
    "payment.method": "the payment method's name",
}
TASK: Final = {
    "task.id": "its number",
    "task.kind": "its kind, such as manual_operation",
    "task.title": "what is to be done",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """``macros`` are the places that its texts may have, and what is put into each."""

    event: str
    title: str
    audience: Audience
    macros: Mapping[str, str]


def _for_client(event: str, title: str, *groups: Mapping[str, str]) -> Occasion:
    macros = {
        name: meaning for group in (PROVIDER, CLIENT, *groups) for name, meaning in group.items()
    }
    return Occasion(event, title, Audience.CLIENT, macros)


ACTIVATION: Final = "service.activated"

OCCASIONS: Final[Mapping[str, Occasion]] = {
    ACTIVATION: _for_client("ServiceOpened", "a service is ready for use", SERVICE),
    "service.renewed": _for_client("ServiceRenewed", "a service was renewed", SERVICE),
    "service.suspended": _for_client("ServiceSuspended", "a service was suspended", SERVICE),
    "service.resumed": _for_client("ServiceResumed", "a service runs again", SERVICE),
    "service.deleted": _for_client("ServiceDeleted", "a service was deleted", SERVICE),
    "service.expiring": _for_client("ServiceExpiring", "a service expires soon", SERVICE, REMINDER),
    "service.deletion": _for_client(
        "ServiceDeletionDue", "an expired service is deleted soon", SERVICE, REMINDER, DELETION
    ),
    "service.unconfigured": _for_client(
        "ServiceAwaitsParameters", "a paid service waits to be configured", SERVICE
    ),
    "balance.low": _for_client(
        "BalanceRanLow", "the balance covers few more days of daily charges", BALANCE
    ),
    "operation.refused": _for_client(
        "OperationRefused", "an order, renewal or change can't be carried out", SERVICE, OPERATION
    ),
    "payment.failed": _for_client("PaymentFailed", "a payment failed", PAYMENT),
    "payment.to_balance": _for_client(
        "PaymentWentToBalance", "money didn't fit its invoice and is on the balance", RETURNED
    ),
    "task.opened": Occasion(
        "TaskOpened", "a department has a new task", Audience.DEPARTMENT, {**PROVIDER, **TASK}
    ),
}
"""By the keys that message templates have."""

_KEYS: Final = {occasion.event: key for key, occasion in OCCASIONS.items()}


def key_of(event: str) -> str | None:
    """The key of the occasion that an event is; None for news that nobody is written about."""
    return _KEYS.get(event)


def is_told(event: str) -> bool:
    """Whether people are written about an event of this name."""
    return event in _KEYS


def macros_of(key: str | None) -> Mapping[str, str]:
    """The macros of a template; one without a key is the activation text of tariff plans."""
    return OCCASIONS[key or ACTIVATION].macros


def language_of(texts: LocalizedText, wanted: str, default: str) -> str:
    """In which of a text's languages somebody is written to."""
    for language in (wanted, wanted.partition("-")[0], default, "en"):
        if texts.get(language, "").strip():
            return language
    return next((language for language, text in texts.items() if text.strip()), "en")


def one_line(text: str, length_max: int = 255) -> str:
    """A subject: no line break or other control character gets into a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length_max]
