"""An honest channel to the sample post office; tests plant bugs in copies of it."""

import json

from billing_hookspecs import (
    Context,
    FieldKind,
    FormField,
    Message,
    NotificationChannel,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)


class Post(NotificationChannel):
    key = "sample_post"
    title = {"en": "Sample post"}
    settings = (
        FormField("host", {"en": "Host"}),
        FormField("port", {"en": "Port"}, FieldKind.INTEGER),
        FormField("token", {"en": "Token"}, FieldKind.SECRET),
    )

    def send(self, message: Message, context: Context) -> None:
        if not message.recipient.isprintable() or "," in message.recipient:
            raise UpstreamRefusedError("bad_address")
        subject = "".join(c if c.isprintable() else " " for c in message.subject)
        identity = str(message.message_id)
        letter = {
            "token": context.settings["token"],
            "to": message.recipient,
            "identity": identity,
            "text": f"{subject}\n{message.body}",
        }
        with context.dial(context.settings["host"], context.settings["port"]) as line:
            try:
                line.sendall(json.dumps(letter).encode() + b"\n")
                answer = line.makefile().readline().strip()
            except OSError as error:
                raise OutcomeUnknownError(f"no answer: {type(error).__name__}") from None
        context.log.info("sent to %s with %s", context.settings["host"], identity)
        if answer == "unknown":
            raise UpstreamRefusedError("unknown_recipient")
        if answer != "taken":
            raise UpstreamBusyError(f"the post office says {answer}")
