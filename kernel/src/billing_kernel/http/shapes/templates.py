"""Texts that administrators write: agreements, and templates of messages."""

from collections.abc import Mapping
from typing import Annotated, Self, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, Body, Line, Localised, LocalisedText

Key: TypeAlias = Annotated[str, Meta(max_length=64, pattern=r"^[a-z][a-z0-9_.]*$")]


class CreateDocumentTemplate(Body):
    """A new text, such as an agreement that clients accept at the order; shown as it is."""

    EXAMPLE = {"name": "Terms of service", "body": {"en": "We keep it running, you pay for it."}}

    name: Line
    body: LocalisedText


class ChangeDocumentTemplate(Body):
    """What is to be another; orders keep the fingerprint of the text that they accepted."""

    name: Line | UnsetType = UNSET
    body: LocalisedText | UnsetType = UNSET


class DocumentTemplate(Answer):
    """A text in several languages."""

    id: int
    name: str
    body: Mapping[str, str]

    @classmethod
    def of(cls, row: models.DocumentTemplate) -> Self:
        return cls(id=row.id, name=row.name, body=row.body)


class CreateMessageTemplate(Body):
    """A new message; subject and body are Jinja. ``key`` takes the place of a standard one."""

    EXAMPLE = {
        "name": "Service activation",
        "subject": {"en": "{{ service.name }} is ready"},
        "body": {"en": "Hello {{ client.name }}, the service is ready for use."},
    }

    name: Line
    subject: Localised
    body: LocalisedText
    key: Key | None = None


class ChangeMessageTemplate(Body):
    """What is to be another; what is left out stays."""

    name: Line | UnsetType = UNSET
    subject: Localised | UnsetType = UNSET
    body: LocalisedText | UnsetType = UNSET
    key: Key | UnsetType | None = UNSET


class MessageTemplate(Answer):
    """Subject and body of a message in several languages."""

    id: int
    key: str | None
    name: str
    subject: Mapping[str, str]
    body: Mapping[str, str]

    @classmethod
    def of(cls, row: models.MessageTemplate) -> Self:
        return cls(id=row.id, key=row.key, name=row.name, subject=row.subject, body=row.body)
