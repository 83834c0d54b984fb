"""Notification channels: drivers that carry messages to people."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from billing_hookspecs.context import Context
from billing_hookspecs.fields import FormField
from billing_hookspecs.values import LocalizedText, Value


class AddressKind(StrEnum):
    """What a channel reaches people by."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Message(Value):
    """A message ready to be sent; ``message_id`` is stable over attempts.

    ``subject`` is one line, ``body`` plain text. ``sender`` and ``reply_to`` are e-mail
    addresses of the provider, ``sender_name`` is its name.
    """

    message_id: int
    recipient: str
    subject: str
    body: str
    language: str = "en"
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""


class NotificationChannel(ABC):
    """A driver that delivers messages. Stateless, shared by threads.

    ``address`` says what kind of address its messages have as ``recipient``.
    """

    key: ClassVar[str]
    title: ClassVar[LocalizedText]
    settings: ClassVar[tuple[FormField, ...]] = ()
    address: ClassVar[AddressKind] = AddressKind.EMAIL
    call_timeout_s: ClassVar[int] = 60

    @abstractmethod
    def send(self, message: Message, context: Context) -> None:
        """Deliver one message.

        Called:  by a worker, at least once for a message_id.
        Args:    message  subject and body as text.
        Returns: nothing: it was handed over.
        Raises:  UpstreamRefusedError  it can never be delivered.
                 UpstreamBusyError     nothing was delivered; tried again later.
                 OutcomeUnknownError   it may have been; tried again later all the same.
        Source:  docs/plugins/channels.md
        Since:   1.0
        """
