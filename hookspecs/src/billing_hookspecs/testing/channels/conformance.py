"""Conformance of notification channels: inherit a suite, write its fixtures, run pytest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from billing_hookspecs.context import Context
from billing_hookspecs.errors import UpstreamBusyError, UpstreamRefusedError
from billing_hookspecs.fields import FieldKind
from billing_hookspecs.notifications import AddressKind, Message, NotificationChannel
from billing_hookspecs.testing.contexts import make_context
from billing_hookspecs.testing.declarations import (
    CALL_TIMEOUT_MAX_S,
    assert_form,
    assert_key,
    assert_settings,
    assert_title,
    checked_settings,
)
from billing_hookspecs.testing.secrecy import listening, secrets_of
from billing_hookspecs.testing.suite import ConformanceSuite

BODY = "Grüße, Привет!\n\n.\n.a line that begins with a dot\n" + "long " * 300 + "\nlast line"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message as it arrived.

    ``identity`` is what readers can tell a repetition by, "" where the medium has no such thing.
    """

    recipient: str
    text: str
    identity: str = ""


class NotificationChannelConformance(ConformanceSuite):
    """What every channel does: what it was given arrives, whole, and nothing beside it.

    Fixtures to write:

    ``channel``    an instance of the driver.
    ``settings``   the connection's settings as an administrator would enter them.
    ``delivered``  a function that reads what has arrived so far, oldest first, as ``Delivered``;
                   ``text`` has subject (where there is one) and body, decoded.
    """

    @pytest.fixture
    def channel(self) -> NotificationChannel:
        raise NotImplementedError("write the fixture channel: an instance of the driver")

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture settings: the connection's, as entered")

    @pytest.fixture
    def delivered(self) -> Callable[[], Sequence[Delivered]]:
        raise NotImplementedError("write the fixture delivered: reads what has arrived")

    @pytest.fixture
    def message(self, channel: NotificationChannel) -> Message:
        by_mail = channel.address is AddressKind.EMAIL
        return Message(
            message_id=7,
            recipient="reader@client.test" if by_mail else "+493012345678",
            subject="Ready: Grüße",
            body=BODY,
            language="de",
            sender="sender@provider.test",
            sender_name="Müller, Söhne & Co",
            reply_to="support@provider.test",
        )

    @pytest.fixture
    def context(self, channel: NotificationChannel, settings: Mapping[str, Any]) -> Context:
        return make_context(checked_settings(channel.settings, dict(settings)))

    def test_the_channel_is_declared(self, channel: NotificationChannel) -> None:
        """Administrators choose it by its title, and fill in its form."""
        assert_key(channel.key, "channel")
        assert_title(channel.title, "the channel")
        assert_form(channel.settings, "the channel")
        assert_settings(channel.settings, "the channel")
        assert isinstance(channel.address, AddressKind)
        assert 0 < channel.call_timeout_s <= CALL_TIMEOUT_MAX_S

    def test_a_message_arrives_whole(
        self,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """In any language, with long lines and with lines that mean something to a protocol."""
        channel.send(message, context)
        [arrived] = delivered()
        assert arrived.recipient == message.recipient
        assert message.subject in arrived.text or channel.address is AddressKind.PHONE
        for line in message.body.splitlines():
            assert line.strip() in arrived.text, f"lost: {line[:60]!r}"

    def test_a_repetition_can_be_told_from_another_message(
        self,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """Messages are delivered at least once: readers' programs sort repetitions out."""
        for each in (message, message, replace(message, message_id=8)):
            channel.send(each, context)
        first, again, other = (arrived.identity for arrived in delivered())
        assert first == again, "the repetition has another identity"
        assert first != other or not first, "two messages have one identity"

    @pytest.mark.parametrize(
        "smuggled", ["\r\nBcc: other@client.test", "\nX-Other: 1", "\r\n\r\nother body", "\x00"]
    )
    def test_a_subject_stays_one_line(
        self,
        smuggled: str,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """Clients name their services; a name must not become a header or a recipient."""
        channel.send(replace(message, subject=f"Ready{smuggled}"), context)
        [arrived] = delivered()
        assert arrived.recipient == message.recipient
        assert message.body.splitlines()[-1] in arrived.text
        assert smuggled not in arrived.text, "the line break came through"

    @pytest.mark.parametrize("smuggled", ["\r\nRCPT TO:<other@client.test>", ", other@client.test"])
    def test_a_recipient_is_one_recipient(
        self,
        smuggled: str,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """An address that is none is refused; it never becomes two."""
        with pytest.raises(UpstreamRefusedError):
            channel.send(replace(message, recipient=message.recipient + smuggled), context)
        assert not delivered(), "something was delivered all the same"

    def test_secrets_stay_out_of_logs_and_errors(
        self, channel: NotificationChannel, message: Message, context: Context
    ) -> None:
        """Logs are read by more people than settings are, and are kept longer."""
        with listening() as ear:
            for each in (message, replace(message, recipient="nobody")):
                with ear.catching():
                    channel.send(each, context)
        ear.assert_not_heard(secrets_of(context.settings))


class RemoteChannelConformance(NotificationChannelConformance):
    """What a channel does whose messages go through somebody's server.

    Fixtures to write, beside those of ``NotificationChannelConformance``:

    ``refused_recipient``  an address that the server refuses for good.
    ``busy_recipient``     an address that the server can't take now.
    ``nowhere``            settings of a server that nobody runs.

    And where the default doesn't fit: ``wrong_settings``, which the server turns away.
    """

    @pytest.fixture
    def refused_recipient(self) -> str:
        raise NotImplementedError("write the fixture refused_recipient: refused for good")

    @pytest.fixture
    def busy_recipient(self) -> str:
        raise NotImplementedError("write the fixture busy_recipient: not taken now")

    @pytest.fixture
    def nowhere(self) -> Mapping[str, Any]:
        raise NotImplementedError("write the fixture nowhere: settings that lead nowhere")

    @pytest.fixture
    def wrong_settings(
        self, channel: NotificationChannel, settings: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        secret = {it.name for it in channel.settings if it.kind is FieldKind.SECRET}
        return {**settings, **dict.fromkeys(secret & settings.keys(), "wrong-canary-5e1f")}

    def test_what_is_refused_for_good_is_not_tried_again(
        self,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        refused_recipient: str,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """Servers count those who knock again and again at a mailbox that isn't there."""
        with pytest.raises(UpstreamRefusedError):
            channel.send(replace(message, recipient=refused_recipient), context)
        assert not delivered()

    def test_what_can_not_be_taken_now_is_tried_again(
        self,
        channel: NotificationChannel,
        message: Message,
        context: Context,
        busy_recipient: str,
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """A full mailbox is emptied; a message that was given up is lost."""
        with pytest.raises(UpstreamBusyError):
            channel.send(replace(message, recipient=busy_recipient), context)
        assert not delivered()

    def test_a_server_that_is_away_is_busy(
        self, channel: NotificationChannel, message: Message, nowhere: Mapping[str, Any]
    ) -> None:
        """It comes back; until then everything waits."""
        with pytest.raises(UpstreamBusyError):
            channel.send(message, make_context(checked_settings(channel.settings, dict(nowhere))))

    def test_wrong_credentials_refuse_no_message(
        self,
        channel: NotificationChannel,
        message: Message,
        wrong_settings: Mapping[str, Any],
        delivered: Callable[[], Sequence[Delivered]],
    ) -> None:
        """Once the settings are right again everything is sent; and no secret is said."""
        wrong = checked_settings(channel.settings, dict(wrong_settings))
        with listening() as ear:
            with pytest.raises(UpstreamBusyError) as failure:
                channel.send(message, make_context(wrong))
            with ear.catching():
                raise failure.value
        ear.assert_not_heard(secrets_of(wrong))
        assert not delivered()
