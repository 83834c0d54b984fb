"""Keep the texts that administrators write: agreements, and templates of messages."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.application.finding import find
from billing_kernel.application.organising import change, create
from billing_kernel.domain.errors import ConflictError
from billing_kernel.domain.filling import objection
from billing_kernel.domain.messages import OCCASIONS, macros_of
from billing_kernel.models import DocumentTemplate, MessageTemplate


class MessageTemplateExistsError(ConflictError):
    """Another message template has this key."""

    code = "message_template.exists"


def create_document_template(session: Session, columns: Mapping[str, Any]) -> DocumentTemplate:
    """A new text, shown as it is written; raises InvalidInputError."""
    _refuse(_blank_errors(columns))
    return create(session, DocumentTemplate, columns)


def change_document_template(
    session: Session, template_id: int, columns: Mapping[str, Any]
) -> DocumentTemplate:
    """Give a text other values; raises MissingError, InvalidInputError."""
    _refuse(_blank_errors(columns))
    return change(session, DocumentTemplate, template_id, columns)


def create_message_template(session: Session, columns: Mapping[str, Any]) -> MessageTemplate:
    """A new message; raises InvalidInputError, MessageTemplateExistsError."""
    _refuse(message_errors(columns, columns.get("key")))
    _refuse_taken_key(session, columns.get("key"))
    return create(session, MessageTemplate, columns)


def change_message_template(
    session: Session, template_id: int, columns: Mapping[str, Any]
) -> MessageTemplate:
    """Give a message other values; raises as ``create_message_template``, MissingError.

    With another key its texts are about something else, so that they are checked anew.
    """
    row = find(session, MessageTemplate, template_id, lock=True)
    key = columns.get("key", row.key)
    texts = {"subject": row.subject, "body": row.body} if key != row.key else {}
    _refuse(message_errors({**texts, **columns}, key))
    _refuse_taken_key(session, columns.get("key"), but=template_id)
    return change(session, MessageTemplate, template_id, columns)


def message_errors(columns: Mapping[str, Any], key: str | None) -> list[FieldError]:
    """Everything that is wrong with a message for the occasion ``key``."""
    if key is not None and key not in OCCASIONS:
        return [FieldError("/key", f"must be one of {', '.join(OCCASIONS)}")]
    errors = _blank_errors(columns)
    for name in ("subject", "body"):
        for language, text in columns.get(name, {}).items():
            if wrong := objection(text, macros_of(key)):
                errors.append(FieldError(f"/{name}/{language}", wrong))
    return errors


def _blank_errors(columns: Mapping[str, Any]) -> list[FieldError]:
    return [
        FieldError(f"/{name}", "is required in at least one language")
        for name in ("subject", "body")
        if name in columns and not any(text.strip() for text in columns[name].values())
    ]


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInputError(errors)


def _refuse_taken_key(session: Session, key: str | None, *, but: int = 0) -> None:
    if key is None:
        return
    taken = select(MessageTemplate.id).where(MessageTemplate.key == key, MessageTemplate.id != but)
    if (template_id := session.scalar(taken)) is not None:
        raise MessageTemplateExistsError(f"message template {template_id} has the key {key!r}")
