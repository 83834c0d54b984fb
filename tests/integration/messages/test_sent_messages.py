"""Messages go out by a real mail server: at least once, and a repetition can be told."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from tests.factories import Shop, open_one
from tests.mail_server import MailServer, running_mail_server

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.notifying import notify
from billing_kernel.application.reaching import create_channel
from billing_kernel.application.sending import send_message
from billing_kernel.application.sweeping import sweep
from billing_kernel.domain.pauses import FIRST, TRIES_MAX
from billing_kernel.models import Client, Message, NotificationChannel, OutboxMessage, wall_clock
from billing_kernel.settings import Settings

Work = Callable[..., None]
Written = Callable[[], list[Message]]
SCRIPT = """
import sys
from billing_kernel.application.sending import send_message
from billing_kernel.bootstrap import build_kernel
from billing_kernel.settings import read_settings
send_message(build_kernel(read_settings()), int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with running_mail_server("none") as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.envelopes.clear()
    running.on_content.clear()
    return running


@pytest.fixture
def channel_id(kernel: Kernel, server: MailServer) -> int:
    settings = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    return add_channel(kernel, settings=settings)


def add_channel(kernel: Kernel, driver: str = "smtp", **given: Any) -> int:
    settings = given.pop("settings", {})
    columns = {"name": driver, "is_enabled": True, "sort": 1, **given}
    return kernel.database.run(
        lambda session: create_channel(session, kernel, driver, settings, columns).id
    )


def let_pass(kernel: Kernel, pause: timedelta) -> None:
    earlier = update(Message).values(due_at=wall_clock() - pause)
    kernel.database.run(lambda session: session.execute(earlier))


def test_what_is_written_is_sent_in_the_providers_name(
    kernel: Kernel, shop: Shop, channel_id: int, work: Work, written: Written, server: MailServer
) -> None:
    """AT-06: answers go to the support's address, which falls back to that for notifications."""
    open_one(kernel, shop)
    work()
    [message] = written()
    assert (message.state, message.channel, message.attempts) == ("sent", "smtp", 1)
    assert message.notification_channel_id == channel_id
    assert message.sent_at is not None
    [letter] = server.letters
    assert letter["To"] == shop.client.email
    assert letter["From"].addresses[0].addr_spec == "ops@provider.test"
    assert "ops@provider.test" in letter.get_content()
    send_message(kernel, message.id)
    assert len(server.letters) == 1


@pytest.mark.usefixtures("channel_id")
def test_a_failure_that_passes_is_tried_again_after_a_pause(
    kernel: Kernel, shop: Shop, work: Work, written: Written, server: MailServer
) -> None:
    """Greylisting is a mail server's way of saying hello."""
    server.on_content.append("451 come again")
    open_one(kernel, shop)
    work()
    [message] = written()
    assert (message.state, message.failure) == ("waiting", "the mail server says 451 come again")
    assert message.due_at >= message.updated_at + FIRST - timedelta(seconds=1)
    send_message(kernel, message.id)
    assert (server.letters, written()[0].attempts) == ([], 1)
    let_pass(kernel, timedelta(0))
    send_message(kernel, message.id)
    [message] = written()
    assert (message.state, message.attempts, message.failure) == ("sent", 2, "")


@pytest.mark.usefixtures("channel_id")
def test_a_final_refusal_and_the_last_try_end_it(
    kernel: Kernel, shop: Shop, work: Work, written: Written, server: MailServer
) -> None:
    """A mailbox that isn't there is knocked at once; one that is always full not for ever."""
    for address in ("refused@client.test", "full@client.test"):
        change = update(Client).where(Client.id == shop.client.id).values(email=address)
        kernel.database.run(lambda session, change=change: session.execute(change))
        open_one(kernel, shop)
        work()
    refused, full = written()
    assert (refused.state, refused.attempts) == ("failed", 1)
    assert "550 no such mailbox" in refused.failure
    assert (full.state, full.attempts) == ("waiting", 1)
    tried = update(Message).where(Message.id == full.id).values(attempts=TRIES_MAX - 1)
    kernel.database.run(lambda session: session.execute(tried))
    let_pass(kernel, timedelta(0))
    send_message(kernel, full.id)
    assert (written()[1].state, written()[1].attempts) == ("failed", TRIES_MAX)
    assert not server.letters


@pytest.mark.usefixtures("channel_id")
def test_killed_after_handing_over_it_is_sent_again_with_the_same_identity(
    kernel: Kernel,
    shop: Shop,
    settings: Settings,
    work: Work,
    written: Written,
    server: MailServer,
) -> None:
    """Nobody knows then whether it arrived; losing it would be worse than two of them."""
    open_one(kernel, shop)
    work("send_message")
    [message] = written()
    environment = {
        **os.environ,
        "BILLING_DATABASE_URL": str.__str__(settings.database_url),
        "BILLING_SECRET_KEYS": str.__str__(settings.secret_keys[0]),
        "BILLING_ALLOWED_NETWORKS": "127.0.0.0/8",
        "BILLING_CRASH_AT": "message.sent",
    }
    died = subprocess.run([sys.executable, "-c", SCRIPT, str(message.id)], env=environment)
    assert died.returncode == -signal.SIGKILL
    assert (len(server.letters), written()[0].state) == (1, "waiting")
    work("send_message")
    let_pass(kernel, timedelta(hours=1))
    assert sweep(kernel) == 0
    send_message(kernel, message.id)
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert (written()[0].state, written()[0].attempts) == ("sent", 2)


@pytest.mark.usefixtures("channel_id")
def test_a_message_whose_work_was_lost_is_found(
    kernel: Kernel, shop: Shop, work: Work, written: Written
) -> None:
    """A broker may lose what it likes."""
    open_one(kernel, shop)
    work("send_message")
    kernel.database.run(lambda session: session.execute(delete(OutboxMessage)))
    let_pass(kernel, timedelta(hours=1))
    assert sweep(kernel) == 1
    work()
    assert written()[0].state == "sent"


def test_the_first_channel_of_each_kind_of_address_carries_a_message(
    kernel: Kernel, shop: Shop, channel_id: int, work: Work, written: Written
) -> None:
    """Not every one of them: nobody wants a text twice. Another provider's and disabled ones no."""
    add_channel(kernel, "console", sort=2)
    before = add_channel(kernel, "console", name="first", sort=1)
    off = update(NotificationChannel).where(NotificationChannel.id == channel_id)
    kernel.database.run(lambda session: session.execute(off.values(is_enabled=False)))
    open_one(kernel, shop)
    work()
    assert [message.notification_channel_id for message in written()] == [before]


def test_a_channel_that_is_switched_off_later_holds_its_messages_back(
    kernel: Kernel, shop: Shop, channel_id: int, work: Work, written: Written
) -> None:
    """They wait for it, as for a server that is away."""
    open_one(kernel, shop)
    work("send_message")
    off = update(NotificationChannel).where(NotificationChannel.id == channel_id)
    kernel.database.run(lambda session: session.execute(off.values(is_enabled=False)))
    work()
    [message] = written()
    assert (message.state, message.failure) == ("waiting", "its channel is not available")
    assert message.event_id is not None
    notify(kernel, message.event_id)
    assert len(written()) == 1
