"""Hand messages over to their channels, again and again until one takes them."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from billing_hookspecs import (
    Message,
    NotificationChannel,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_kernel import models
from billing_kernel.application.connecting import channel_context
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.publishing import enqueue_at
from billing_kernel.crashpoints import crashpoint
from billing_kernel.domain.messages import MessageState
from billing_kernel.domain.pauses import TRIES_MAX, pause_after
from billing_kernel.models import Provider, wall_clock
from billing_kernel.sealing import SealError

LOOK_AGAIN = timedelta(seconds=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handed:
    """What this worker is to send: everything for it, nothing of the session."""

    message: Message
    attempt: int
    channel: models.NotificationChannel
    driver: NotificationChannel
    timeout_s: float


def send_message(kernel: Kernel, message_id: int) -> None:
    """Send a message by its channel; harmless to repeat. At least once it is handed over."""
    handed = kernel.database.run(lambda session: _claim(session, kernel, message_id))
    if handed is None:
        return
    failure = _send(kernel, handed)
    crashpoint("message.sent")
    kernel.database.run(lambda session: _record(session, handed, failure))


def usable(
    kernel: Kernel, channel: models.NotificationChannel | None
) -> NotificationChannel | None:
    """A channel's driver, if it is enabled and its plugin there and not set aside."""
    drivers = kernel.extensions.notification_channels
    if channel is None or not channel.is_enabled or channel.driver not in drivers:
        return None
    is_set_aside = kernel.extensions.faults.quarantine_text(drivers.owner(channel.driver))
    return None if is_set_aside else drivers.find(channel.driver)


def _claim(session: Session, kernel: Kernel, message_id: int) -> Handed | None:
    """Commit the intent to send; None where there is nothing to do now."""
    now = wall_clock()
    row = session.get(models.Message, message_id, with_for_update=True)
    if row is None or row.state != MessageState.WAITING or row.due_at > now + LOOK_AGAIN:
        return None
    row.attempts += 1
    channel = session.get(models.NotificationChannel, row.notification_channel_id or 0)
    driver = usable(kernel, channel)
    if channel is None or driver is None:
        _put_off(session, row, UpstreamBusyError("its channel is not available"))
        return None
    timeout_s = min(driver.call_timeout_s, kernel.settings.call_timeout_s)
    row.due_at = now + timedelta(seconds=timeout_s)
    provider = session.get_one(Provider, row.provider_id)
    session.flush()
    session.expunge(channel)
    return Handed(addressed(row, provider), row.attempts, channel, driver, timeout_s)


def addressed(row: models.Message, provider: Provider) -> Message:
    """A message as channels are given it, from the provider's address."""
    return Message(
        message_id=row.id,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        language=row.language,
        sender=provider.notification_email,
        sender_name=provider.name,
        reply_to=provider.support_email or provider.notification_email,
    )


def _send(kernel: Kernel, handed: Handed) -> UpstreamError | None:
    """What went wrong, or nothing."""
    try:
        with channel_context(
            kernel,
            handed.channel,
            operation_id=f"message-{handed.message.message_id}",
            attempt=handed.attempt,
            timeout_s=handed.timeout_s,
        ) as context:
            kernel.extensions.call_driver(handed.driver.send, handed.message, context)
    except UpstreamError as error:
        return error
    except SealError as error:
        return UpstreamBusyError(f"nothing was sent: {error.message}")
    return None


def _record(session: Session, handed: Handed, failure: UpstreamError | None) -> None:
    """Write what came of it, unless another worker has tried again meanwhile and failed."""
    row = session.get_one(models.Message, handed.message.message_id, with_for_update=True)
    if row.state != MessageState.WAITING:
        return
    if failure is None:
        row.state, row.sent_at, row.failure = MessageState.SENT, wall_clock(), ""
    elif row.attempts == handed.attempt:
        _put_off(session, row, failure)


def _put_off(session: Session, row: models.Message, error: UpstreamError) -> None:
    """Try again after a pause; a refusal and the last try end it."""
    row.failure = (str(error) or type(error).__name__)[:500]
    if isinstance(error, UpstreamRefusedError) or row.attempts >= TRIES_MAX:
        row.state = MessageState.FAILED
        log.warning("message.failed", message_id=row.id, channel=row.channel, failure=row.failure)
        return
    pause = pause_after(row.attempts)
    if isinstance(error, UpstreamBusyError) and error.retry_after_s > pause.total_seconds():
        pause = min(timedelta(seconds=error.retry_after_s), timedelta(days=1))
    row.due_at = wall_clock() + pause
    enqueue_at(session, "send_message", {"message_id": row.id}, row.due_at)
