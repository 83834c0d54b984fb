"""A real mail server (aiosmtpd) with TLS and a login, and a certificate of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from tests.certificates import certificate
from tests.servers.places import free_port, private_folder

USERNAME, PASSWORD = "billing", "canary-pass-93d1"
HOST = "127.0.0.1"
CUT = "cut the line"


@dataclass
class MailServer:
    """``on_content`` is what it says next to the content, instead of taking it."""

    port: int = 0
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    envelopes: list[Envelope] = field(default_factory=list)
    on_content: list[str] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("refused@"):
            return "550 no such mailbox"
        if address.startswith("full@"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.on_content:
            if (answer := self.on_content.pop(0)) == CUT:
                server.transport.abort()
            return answer
        self.envelopes.append(envelope)
        return "250 taken"

    @property
    def letters(self) -> list[EmailMessage]:
        """What arrived, oldest first."""
        parse = BytesParser(_class=EmailMessage, policy=default).parsebytes
        return [parse(_content(envelope)) for envelope in self.envelopes]

    def settings(self, **changes: Any) -> dict[str, Any]:
        """As an administrator would enter them."""
        login = {"username": USERNAME, "password": PASSWORD}
        return {"host": HOST, "port": self.port, **login, **changes}


@contextmanager
def running_mail_server(security: str = "starttls") -> Iterator[MailServer]:
    """On a free port: with STARTTLS a login is required, with others none."""
    with private_folder("mail") as folder:
        shown = certificate(folder, HOST)
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(shown)
        server = MailServer(free_port(), ssl.create_default_context(cafile=str(shown)))
        options: dict[str, Any] = {
            "starttls": {
                "tls_context": served,
                "require_starttls": True,
                "authenticator": _check_login,
                "auth_required": True,
            },
            "tls": {"ssl_context": served},
            "none": {},
        }[security]
        controller = Controller(server, hostname=HOST, port=server.port, **options)
        controller.start()
        try:
            yield server
        finally:
            controller.stop()


def _check_login(
    server: Any, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (
        USERNAME.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=known, handled=False)


def _content(envelope: Envelope) -> bytes:
    content = envelope.content
    assert isinstance(content, bytes)
    return content
