"""Write messages about what happened, after it was committed, once for each recipient."""

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing_hookspecs import AddressKind, LocalizedText, text_in
from billing_kernel.application.addressing import Reader
from billing_kernel.application.composing import Letter, compose, template_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue
from billing_kernel.domain.filling import UnfillableTextError, fill
from billing_kernel.domain.message_texts import STANDARD
from billing_kernel.domain.messages import (
    OCCASIONS,
    MessageState,
    language_of,
    one_line,
)
from billing_kernel.models import Event, Message, NotificationChannel, Provider, wall_clock

log = structlog.get_logger(__name__)


def notify(kernel: Kernel, event_id: int) -> None:
    """Write what people are told about an event, and send it; harmless to repeat."""
    kernel.database.run(lambda session: _notify(session, kernel, event_id))


def _notify(session: Session, kernel: Kernel, event_id: int) -> None:
    # Its lock lets two workers that were given one event find each other's messages.
    event = session.get(Event, event_id, with_for_update=True)
    letter = compose(session, kernel, event) if event else None
    if event is None or letter is None:
        return
    channels = _channels(session, kernel, letter.provider)
    for reader in letter.readers:
        language, subject, body = _written(session, letter, reader)
        for address, channel in _ways(reader, channels):
            message = Message(
                provider_id=letter.provider.id,
                client_id=letter.client_id,
                department_id=letter.department_id,
                event=event.name,
                event_id=event.id,
                key=f"event:{event.id}",
                channel=channel.driver if channel else "",
                notification_channel_id=channel.id if channel else None,
                recipient=address,
                language=language,
                subject=subject,
                body=body,
                state=MessageState.WAITING if channel else MessageState.KEPT,
                due_at=wall_clock(),
            )
            _keep(session, message)


def _keep(session: Session, message: Message) -> None:
    written = select(Message.id).where(
        Message.key == message.key, Message.recipient == message.recipient
    )
    if session.scalar(written) is not None:
        return
    session.add(message)
    session.flush()
    if message.state == MessageState.WAITING:
        enqueue(session, "send_message", {"message_id": message.id})


def _ways(
    reader: Reader, channels: dict[AddressKind, NotificationChannel]
) -> list[tuple[str, NotificationChannel | None]]:
    """By which channels a reader is reached, and where; by none, it is kept for the API."""
    ways: list[tuple[str, NotificationChannel | None]] = [
        (reader.addresses[kind], channel)
        for kind, channel in channels.items()
        if reader.addresses[kind]
    ]
    return ways or [(reader.email, None)]


def _channels(
    session: Session, kernel: Kernel, provider: Provider
) -> dict[AddressKind, NotificationChannel]:
    """For each kind of address the first channel that the provider may use."""
    drivers = kernel.extensions.notification_channels
    found: dict[AddressKind, NotificationChannel] = {}
    for channel in session.scalars(
        select(NotificationChannel)
        .where(
            NotificationChannel.is_enabled,
            or_(
                NotificationChannel.provider_id.is_(None),
                NotificationChannel.provider_id == provider.id,
            ),
        )
        .order_by(NotificationChannel.sort, NotificationChannel.id)
    ):
        if channel.driver in drivers:
            found.setdefault(drivers.find(channel.driver).address, channel)
    return found


def _written(session: Session, letter: Letter, reader: Reader) -> tuple[str, str, str]:
    """Language, subject and body for a reader; the standard text where the own one is no good."""
    template, standard = template_of(session, letter), STANDARD[letter.key]
    if template is not None:
        try:
            return _filled(letter, reader, template.subject, template.body)
        except UnfillableTextError as error:
            log.warning(
                "message_template.unfillable", template_id=template.id, failure=error.message
            )
    return _filled(letter, reader, standard.subject, standard.body)


def _filled(
    letter: Letter, reader: Reader, subject: LocalizedText, body: LocalizedText
) -> tuple[str, str, str]:
    language = language_of(body, reader.language, letter.provider.default_language)
    values, macros = letter.values(language), OCCASIONS[letter.key].macros.keys()
    line = fill(text_in(subject, language), macros, values)
    return language, one_line(line), fill(body[language], macros, values)
