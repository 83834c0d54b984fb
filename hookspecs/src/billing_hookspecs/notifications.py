"""Notification channels: drivers that carry messages to people."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from billing_hookspecs.context import Context
from billing_hookspecs.fields import FormField
from billing_hookspecs.values import LocalizedText, Value


@dataclass(frozen=True, slots=True)
class Message(Value):
    """A message ready to be sent; ``message_id`` is stable over attempts."""

    message_id: int
    recipient: str
    subject: str
    body: str
    language: str = "en"


class NotificationChannel(ABC):
    """A driver that delivers messages. Stateless, shared by threads."""

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    settings: ClassVar[tuple[FormField, ...]] = ()

    @abstractmethod
    def send(self, message: Message, context: Context) -> None:
        """Deliver one message.

        Called:  by a worker, at least once for a message_id.
        Args:    message  subject and body as text.
        Returns: nothing: it was handed over.
        Raises:  UpstreamRefusedError  it can never be delivered.
                 UpstreamBusyError     tried again later.
        Source:  docs/plugins/hooks.md
        Since:   1.0
        """
