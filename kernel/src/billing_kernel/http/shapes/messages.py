"""Messages to people, and the channels that carry them. Secrets never come back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, Body, FieldName, Fields, Line, RowId, Sort

INBOX = "inbox"
"""The channel of messages that could only be shown here."""


class Message(Answer):
    """What somebody was written; ``channel`` is ``inbox`` where it can only be read here."""

    id: int
    created_at: datetime
    channel: str
    recipient: str
    language: str
    subject: str
    body: str
    client_id: int | None
    event: str

    @classmethod
    def of(cls, row: models.Message) -> Self:
        return cls(**_columns(row))


class OutgoingMessage(Message):
    """A message with what became of it: waiting, sent, failed, or kept to be shown here."""

    department_id: int | None
    event_id: int | None
    status: str
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    failure: str

    @classmethod
    def of(cls, row: models.Message) -> Self:
        return cls(
            **_columns(row),
            department_id=row.department_id,
            event_id=row.event_id,
            status=row.state,
            attempts=row.attempts,
            due_at=row.due_at if row.state == "waiting" else None,
            sent_at=row.sent_at,
            failure=row.failure,
        )


class Occasion(Answer):
    """What a message template can be for; ``macros`` are its places, with what is put there.

    ``subject`` and ``body`` are the standard text, used where no template has the key.
    """

    key: str
    event: str
    title: str
    audience: str
    macros: Mapping[str, str]
    subject: Mapping[str, str]
    body: Mapping[str, str]


class CreateNotificationChannel(Body):
    """A way to reach people; the driver's form says what ``settings`` are."""

    EXAMPLE = {
        "name": "Mail",
        "driver": "smtp",
        "settings": {"host": "mail.example.com", "username": "billing", "password": "secret"},
    }

    name: Line
    driver: FieldName
    settings: Fields = {}
    provider_id: RowId | None = None
    enabled: bool = True
    sort: Sort = 1


class ChangeNotificationChannel(Body):
    """What is to be another. Settings that are left out stay, secrets too.

    Another host needs its secrets again: they are never sent to a host they weren't for.
    """

    name: Line | UnsetType = UNSET
    settings: Fields | UnsetType = UNSET
    provider_id: RowId | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """The model's columns that are to change; settings apart."""
        values = {
            "name": self.name,
            "provider_id": self.provider_id,
            "is_enabled": self.enabled,
            "sort": self.sort,
        }
        return {name: value for name, value in values.items() if value is not UNSET}


class CheckNotificationChannel(Body):
    """Where the test message goes."""

    EXAMPLE = {"recipient": "me@example.com"}

    recipient: Line


class NotificationChannel(Answer):
    """A way to reach people; ``settings`` are those that aren't secret."""

    id: int
    name: str
    driver: str
    settings: Mapping[str, Any]
    provider_id: int | None
    enabled: bool
    sort: int

    @classmethod
    def of(cls, row: models.NotificationChannel) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            driver=row.driver,
            settings=row.settings,
            provider_id=row.provider_id,
            enabled=row.is_enabled,
            sort=row.sort,
        )


def _columns(row: models.Message) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "channel": row.channel or INBOX,
        "recipient": row.recipient,
        "language": row.language,
        "subject": row.subject,
        "body": row.body,
        "client_id": row.client_id,
        "event": row.event,
    }
