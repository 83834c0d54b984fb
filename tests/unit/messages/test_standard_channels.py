"""The kernel's own channels pass the suite that those of plugins pass; mail by a real server."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.mail_server import CUT, HOST, MailServer, running_mail_server
from tests.servers.places import free_port

from billing_hookspecs import (
    Context,
    Message,
    OutcomeUnknownError,
    Secret,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import (
    Delivered,
    NotificationChannelConformance,
    RemoteChannelConformance,
    make_context,
)
from billing_kernel.channels import ConsoleChannel, SmtpChannel

MESSAGE = Message(1, "reader@client.test", "Ready", "It is.", "en", "ops@provider.test", "Host")


class TestConsoleChannel(NotificationChannelConformance):
    """Its reader is the log."""

    @pytest.fixture
    def channel(self) -> ConsoleChannel:
        return ConsoleChannel()

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {}

    @pytest.fixture
    def delivered(self, caplog: pytest.LogCaptureFixture) -> Callable[[], list[Delivered]]:
        caplog.set_level(logging.INFO)

        def read() -> list[Delivered]:
            texts = [record.getMessage() for record in caplog.records]
            return [Delivered(text.split(" to ")[1].split(": ")[0], text) for text in texts]

        return read


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.envelopes.clear()
    running.on_content.clear()
    return running


class TestSmtpChannel(RemoteChannelConformance):
    @pytest.fixture
    def channel(self, server: MailServer) -> SmtpChannel:
        return SmtpChannel(server.tls)

    @pytest.fixture
    def settings(self, server: MailServer) -> dict[str, Any]:
        return server.settings()

    @pytest.fixture
    def delivered(self, server: MailServer) -> Callable[[], Sequence[Delivered]]:
        def read() -> list[Delivered]:
            return [
                Delivered(
                    ",".join(envelope.rcpt_tos),
                    f"{letter['Subject']}\n{letter.get_content()}",
                    letter["Message-ID"],
                )
                for envelope, letter in zip(server.envelopes, server.letters, strict=True)
            ]

        return read

    @pytest.fixture
    def refused_recipient(self) -> str:
        return "refused@client.test"

    @pytest.fixture
    def busy_recipient(self) -> str:
        return "full@client.test"

    @pytest.fixture
    def nowhere(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "port": free_port()}


def connection(server: MailServer, **changes: Any) -> Context:
    settings = {"security": "starttls", **server.settings(**changes)}
    return make_context({**settings, "password": Secret(settings["password"])})


def test_headers_say_who_wrote(server: MailServer) -> None:
    """Answers go to people, and other programs don't answer at all."""
    message = replace(MESSAGE, sender_name='Ann "the" Host, Ltd', reply_to="help@provider.test")
    SmtpChannel(server.tls).send(message, connection(server))
    [letter] = server.letters
    assert letter["From"].addresses[0].display_name == 'Ann "the" Host, Ltd'
    assert letter["From"].addresses[0].addr_spec == "ops@provider.test"
    assert letter["Reply-To"] == "help@provider.test"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@provider.test>")
    assert server.envelopes[0].mail_from == "ops@provider.test"


def test_the_connections_sender_takes_the_providers_place(server: MailServer) -> None:
    """Where the mail server takes only its own."""
    SmtpChannel(server.tls).send(MESSAGE, connection(server, sender="mail@relay.test"))
    assert server.envelopes[0].mail_from == "mail@relay.test"


@pytest.mark.parametrize(
    ("said", "error"),
    [("554 spam", UpstreamRefusedError), ("451 greylisted", UpstreamBusyError)],
)
def test_the_servers_answer_to_the_content_decides(
    server: MailServer, said: str, error: type[Exception]
) -> None:
    """5xx is for good, 4xx for now; what the server said is kept for people."""
    server.on_content.append(said)
    with pytest.raises(error, match=said):
        SmtpChannel(server.tls).send(MESSAGE, connection(server))


def test_a_server_with_tls_from_the_start(server: MailServer) -> None:
    """Port 465; the certificate is checked, so that nobody in between reads the password."""
    with running_mail_server("tls") as secured:
        context = make_context({"host": HOST, "port": secured.port, "security": "tls"})
        SmtpChannel(secured.tls).send(MESSAGE, context)
        assert len(secured.letters) == 1
        with pytest.raises(UpstreamBusyError, match="CERTIFICATE_VERIFY_FAILED"):
            SmtpChannel().send(MESSAGE, context)
    with pytest.raises(UpstreamBusyError, match="isn't sent without encryption"):
        SmtpChannel(server.tls).send(MESSAGE, connection(server, security="none"))


def test_a_line_that_breaks_after_the_content_leaves_it_open(server: MailServer) -> None:
    """It may have arrived: it is tried again, with the same Message-ID."""
    server.on_content.append(CUT)
    with pytest.raises(OutcomeUnknownError):
        SmtpChannel(server.tls).send(MESSAGE, connection(server))
