"""The part of a gateway's conformance about notifications: anybody can send one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from billing_hookspecs.errors import NotificationRejectedError, UpstreamError
from billing_hookspecs.gateways import (
    GatewayCapability,
    Notification,
    PaymentFact,
    PaymentStarted,
    PaymentState,
)
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.gateways.fixtures import RehearsedGateway, through
from billing_hookspecs.testing.gateways.rehearsal import GatewayRehearsal
from billing_hookspecs.testing.wire import assert_plain

MakeNotification = Callable[[PaymentStarted, bool], Notification]


class NotificationConformance(RehearsedGateway):
    """A notification moves money only if the gateway sent it and the money moved there."""

    def test_a_signed_notification_tells_what_was_paid(
        self, rehearsal: GatewayRehearsal, notification: MakeNotification
    ) -> None:
        """The client is served without waiting for the next look-up."""
        if not rehearsal.declares(GatewayCapability.NOTIFICATIONS):
            return
        request, started = rehearsal.paid()
        facts = rehearsal.notified(notification(started, True))
        (fact,) = [it for it in facts if it.reference in ("", request.reference)]
        assert fact.state is PaymentState.CAPTURED
        assert fact.captured == request.amount
        for it in facts:
            assert_plain(it, "a fact of a notification")

    def test_a_notification_may_come_twice(
        self, rehearsal: GatewayRehearsal, notification: MakeNotification
    ) -> None:
        """Gateways repeat themselves for days; the same news has the same identity."""
        if not rehearsal.declares(GatewayCapability.NOTIFICATIONS):
            return
        _, started = rehearsal.paid()
        news = notification(started, True)
        assert rehearsal.notified(news) == rehearsal.notified(news)

    def test_a_forged_notification_moves_nothing(
        self, rehearsal: GatewayRehearsal, notification: MakeNotification
    ) -> None:
        """Whoever knows the address can send one; unpaid stays unpaid."""
        if not rehearsal.declares(GatewayCapability.NOTIFICATIONS):
            return
        _, started = rehearsal.started()
        assert not _captured(rehearsal, notification(started, False)), "an unsigned one counted"
        altered = notification(started, True)
        altered = replace(altered, raw_body=altered.raw_body + b" ")
        assert not _captured(rehearsal, altered), "an altered one counted"

    def test_an_unreadable_notification_is_rejected(self, rehearsal: GatewayRehearsal) -> None:
        """Anything but a rejection would be a fault of the plugin, and gateways would repeat it."""
        if not rehearsal.declares(GatewayCapability.NOTIFICATIONS):
            return
        for body in (b"", b"{}", b"[]", b"null", b"\xff\xfe", b"<html>", b'{"id": []}'):
            with pytest.raises(NotificationRejectedError):
                rehearsal.notified(Notification("POST", {}, {}, body))

    def test_a_notification_under_other_secrets_moves_nothing(
        self,
        rehearsal: GatewayRehearsal,
        notification: MakeNotification,
        wrong_settings: Mapping[str, Any],
    ) -> None:
        """Another shop's notifications are authentic too, but not ours."""
        if not rehearsal.declares(GatewayCapability.NOTIFICATIONS):
            return
        given = through(rehearsal.proxy, wrong_settings)
        other = rehearsal.with_settings(checked_settings(rehearsal.gateway.settings, given))
        _, started = rehearsal.paid()
        counted = _captured(other, notification(started, True))
        assert not counted, "another shop's notification counted"


def _captured(rehearsal: GatewayRehearsal, notification: Notification) -> list[PaymentFact]:
    """The facts that would move money; being refused counts as none."""
    try:
        facts = rehearsal.notified(notification)
    except (NotificationRejectedError, UpstreamError):
        return []
    return [it for it in facts if it.state is PaymentState.CAPTURED or it.captured]
