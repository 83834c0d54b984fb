"""Messages in the log, for development: nobody is written to."""

from typing import ClassVar

from billing_hookspecs import Context, LocalizedText, Message, NotificationChannel
from billing_kernel.channels.letters import envelope_address
from billing_kernel.domain.messages import one_line


class ConsoleChannel(NotificationChannel):
    key: ClassVar[str] = "console"
    title: ClassVar[LocalizedText] = {"en": "Log", "ru": "Журнал"}

    def send(self, message: Message, context: Context) -> None:
        context.log.info(
            "message %s to %s: %s\n\n%s",
            message.message_id,
            envelope_address(message.recipient),
            one_line(message.subject),
            message.body,
        )
