"""Messages by e-mail, through a mail server."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from functools import cache
from typing import ClassVar, Final

from billing_hookspecs import (
    Choice,
    Context,
    FieldKind,
    FormField,
    LocalizedText,
    Message,
    NotificationChannel,
    OutcomeUnknownError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs.context import Dial
from billing_kernel.channels.letters import envelope_address, letter_of

STARTTLS, TLS, PLAIN = "starttls", "tls", "none"
SAID_MAX: Final = 300


class SmtpChannel(NotificationChannel):
    """``tls`` is trusted instead of the usual authorities, for a server with its own."""

    key: ClassVar[str] = "smtp"
    title: ClassVar[LocalizedText] = {"en": "E-mail (SMTP)", "ru": "Почта (SMTP)"}
    settings: ClassVar[tuple[FormField, ...]] = (
        FormField("host", {"en": "Mail server", "ru": "Почтовый сервер"}),
        FormField(
            "port",
            {"en": "Port", "ru": "Порт"},
            FieldKind.INTEGER,
            default=587,
            minimum=1,
            maximum=65535,
        ),
        FormField(
            "security",
            {"en": "Encryption", "ru": "Шифрование"},
            FieldKind.CHOICE,
            default=STARTTLS,
            choices=(
                Choice(STARTTLS, {"en": "STARTTLS", "ru": "STARTTLS"}),
                Choice(TLS, {"en": "TLS from the start", "ru": "TLS сразу"}),
                Choice(PLAIN, {"en": "None", "ru": "Нет"}),
            ),
        ),
        FormField("username", {"en": "Login", "ru": "Логин"}, required=False),
        FormField("password", {"en": "Password", "ru": "Пароль"}, FieldKind.SECRET, required=False),
        FormField(
            "sender",
            {"en": "Sender", "ru": "Отправитель"},
            FieldKind.EMAIL,
            required=False,
            hint={
                "en": "Instead of the provider's own address",
                "ru": "Вместо адреса провайдера",
            },
        ),
    )

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls

    def send(self, message: Message, context: Context) -> None:
        """Deliver one message, as the contract says.

        Refused: the server says 5xx of recipient or content. Busy: 4xx, a server that can't be
        reached, doesn't let us in or doesn't take our sender. Unknown: the line broke.
        """
        sender = str(context.settings.get("sender") or message.sender)
        letter = letter_of(message, sender)
        server = self._connected(context)
        try:
            with _refusals():
                _hand_over(
                    server, envelope_address(sender), envelope_address(message.recipient), letter
                )
        finally:
            server.close()

    def _connected(self, context: Context) -> smtplib.SMTP:
        """A server that knows us; whatever goes wrong until then, nothing was sent."""
        settings = context.settings
        host, security = str(settings["host"]), settings["security"]
        username, password = settings.get("username"), settings.get("password")
        if password and security == PLAIN:
            raise UpstreamBusyError("a password isn't sent without encryption")
        tls = self._tls or _trusting()
        server = Connection(context.dial, tls if security == TLS else None, context.seconds_left)
        try:
            server.connect(host, int(settings["port"]))
            if security == STARTTLS:
                server.starttls(context=tls)
            server.ehlo_or_helo_if_needed()
            if username and password:
                server.login(str(username), str.__str__(password))
        except smtplib.SMTPAuthenticationError as error:
            server.close()
            raise UpstreamBusyError(f"the login was refused ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            server.close()
            raise UpstreamBusyError(_said(error)) from None
        except UpstreamBusyError:
            server.close()
            raise
        return server


class Connection(smtplib.SMTP):
    """A connection that is made by ``dial``, and secured from its start where ``tls`` is given."""

    def __init__(self, dial: Dial, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        super().__init__(timeout=max(timeout_s, 1))
        self._dial = dial
        self._tls = tls

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: object = None
    ) -> tuple[int, bytes]:
        """Greet the server; an unfriendly answer is SMTPConnectError."""
        # What certificates are compared with, also by STARTTLS.
        self._host = host
        code, said = super().connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        return code, said

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._dial(host, port)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain


def _hand_over(server: smtplib.SMTP, sender: str, recipient: str, letter: EmailMessage) -> None:
    server.send_message(letter, sender, [recipient])
    with suppress(smtplib.SMTPException, OSError):
        server.quit()


@contextmanager
def _refusals() -> Iterator[None]:
    """What a mail server's answers mean for a message."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        [(code, said)] = error.recipients.values()
        raise _outcome(code, said) from None
    except smtplib.SMTPSenderRefused as error:
        # Most often it is our settings that are wrong: the message must outlive their repair.
        raise UpstreamBusyError(_answer(error.smtp_code, error.smtp_error)) from None
    except smtplib.SMTPNotSupportedError as error:
        raise UpstreamRefusedError("not_supported", _said(error)) from None
    except smtplib.SMTPResponseException as error:
        raise _outcome(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise OutcomeUnknownError(_said(error)) from None


def _outcome(code: int, said: bytes | str) -> UpstreamRefusedError | UpstreamBusyError:
    answer = _answer(code, said)
    if 500 <= code < 600:
        return UpstreamRefusedError("refused_by_mail_server", answer)
    return UpstreamBusyError(answer)


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"the mail server says {code} {' '.join(text.split())}"[:SAID_MAX]


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:SAID_MAX]


@cache
def _trusting() -> ssl.SSLContext:
    """TLS that trusts the usual authorities; loading them takes a while, so once."""
    return ssl.create_default_context()
