"""Set up notification channels: which driver, with which settings, for which provider."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_hookspecs import Message
from billing_kernel.application.connecting import (
    ConnectionSettings,
    channel_context,
    checked_settings,
)
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.organising import require
from billing_kernel.models import NotificationChannel, Provider, wall_clock


def create_channel(
    session: Session,
    kernel: Kernel,
    driver: str,
    settings: Mapping[str, Any],
    columns: Mapping[str, Any],
) -> NotificationChannel:
    """A new channel; raises UnknownDriverError, InvalidInputError."""
    fields = kernel.extensions.notification_channels.find(driver).settings
    channel = NotificationChannel(driver=driver, uid=str(uuid4()))
    _describe(session, channel, columns)
    _connect(kernel, channel, checked_settings(fields, settings))
    session.add(channel)
    session.flush()
    return channel


def change_channel(
    session: Session,
    kernel: Kernel,
    channel_id: int,
    settings: Mapping[str, Any] | None,
    columns: Mapping[str, Any],
) -> NotificationChannel:
    """Change a channel; None leaves its settings. Raises MissingError and as ``create_channel``."""
    channel = find(session, NotificationChannel, channel_id, lock=True)
    _describe(session, channel, columns)
    if settings is not None:
        fields = kernel.extensions.notification_channels.find(channel.driver).settings
        kept = {**channel.settings, **kernel.keys.unseal(channel.sealed_secrets, channel.uid)}
        _connect(kernel, channel, checked_settings(fields, settings, kept))
    session.flush()
    return channel


def check_channel(kernel: Kernel, channel_id: int, recipient: str) -> str:
    """Send a test message at once; where it went. Raises UpstreamError as the driver did."""
    with kernel.database.reading() as session:
        channel = find(session, NotificationChannel, channel_id)
        first = select(Provider).order_by(Provider.id).limit(1)
        if channel.provider_id is not None:
            first = select(Provider).where(Provider.id == channel.provider_id)
        provider = session.scalars(first).one_or_none()
    driver = kernel.extensions.notification_channels.find(channel.driver)
    message = Message(
        # No message of ours: each test is another one.
        message_id=int(wall_clock().timestamp() * 1000),
        recipient=recipient,
        subject=f"Test of {channel.name}",
        body="If you can read this, messages arrive.\n",
        sender=provider.notification_email if provider else recipient,
        sender_name=provider.name if provider else "",
    )
    with channel_context(kernel, channel) as context:
        kernel.extensions.call_driver(driver.send, message, context)
    return f"handed over to {channel.name} for {recipient}"


def _describe(session: Session, channel: NotificationChannel, columns: Mapping[str, Any]) -> None:
    require(session, Provider, columns.get("provider_id"), "/provider_id")
    for name, value in columns.items():
        setattr(channel, name, value)


def _connect(kernel: Kernel, channel: NotificationChannel, settings: ConnectionSettings) -> None:
    channel.settings = settings.open
    channel.sealed_secrets = kernel.keys.seal(settings.secrets, channel.uid)
