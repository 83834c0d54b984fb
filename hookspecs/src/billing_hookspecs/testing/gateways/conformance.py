"""Conformance of payment gateways: inherit a suite, write its fixtures, run pytest."""

from collections.abc import Mapping
from typing import Any

import pytest

from billing_hookspecs.errors import UpstreamBusyError, UpstreamRefusedError
from billing_hookspecs.gateways import (
    GatewayCapability,
    PaymentFact,
    PaymentState,
)
from billing_hookspecs.money import Money
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S, make_context
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import Fault, unused_url
from billing_hookspecs.testing.faults import Call, assert_honest
from billing_hookspecs.testing.gateways.fixtures import through
from billing_hookspecs.testing.gateways.moving_money import MoneyConformance
from billing_hookspecs.testing.gateways.notifications import NotificationConformance
from billing_hookspecs.testing.gateways.rehearsal import GatewayRehearsal
from billing_hookspecs.testing.gateways.secrecy import GatewaySecrecyConformance
from billing_hookspecs.testing.wire import assert_plain

EVERY_FAULT = pytest.mark.parametrize("fault", list(Fault))


class PaymentGatewayConformance(
    NotificationConformance, MoneyConformance, GatewaySecrecyConformance
):
    """What every gateway does that a machine answers for.

    Fixtures to write:

    ``gateway``            an instance of the driver.
    ``upstream``           a running simulator of the gateway, new for each test.
    ``settings``           the method's settings as an administrator would enter them; ``url`` or
                           ``api_base`` is the simulator's address.
    ``upstream_payments``  a function that reads what exists there: id → state with amounts,
                           comparable with ``==``. Left out, it is ``upstream.payments``.
    ``pay``                PaymentStarted → the payer pays it. Left out, it is
                           ``upstream.pay(external_id)``.
    ``notification``       (PaymentStarted, signed) → the Notification that says it was captured,
                           signed or forged. Left out, it is
                           ``upstream.notification(external_id, signed=…)``.
    ``stored_token``       a stored card, where STORED_METHODS is declared. Left out, it is
                           ``upstream.store_card()``.

    And where the defaults don't fit: ``new_payment`` (number → StartPayment) and
    ``wrong_settings``.
    """

    def test_starting_twice_opens_one_payment(self, rehearsal: GatewayRehearsal) -> None:
        """A payer who is sent to two pages pays twice."""
        before = rehearsal.seen()
        request, first = rehearsal.started()
        second = rehearsal.start(request)
        assert second.external_id == first.external_id
        assert len(rehearsal.seen().keys() - before.keys()) == 1
        assert_plain(first, "PaymentStarted")

    def test_two_references_are_two_payments(self, rehearsal: GatewayRehearsal) -> None:
        """Two invoices of one amount are still two."""
        before = rehearsal.seen()
        (_, first), (_, second) = rehearsal.started(), rehearsal.started()
        assert first.external_id != second.external_id
        assert len(rehearsal.seen().keys() - before.keys()) == 2

    def test_wrong_credentials_are_refused_and_open_nothing(
        self, rehearsal: GatewayRehearsal, wrong_settings: Mapping[str, Any]
    ) -> None:
        """The payer is told at once that this method doesn't work."""
        wrong = checked_settings(
            rehearsal.gateway.settings, through(rehearsal.proxy, wrong_settings)
        )
        before = rehearsal.seen()
        with pytest.raises(UpstreamRefusedError):
            rehearsal.with_settings(wrong).started()
        assert rehearsal.seen() == before

    def test_a_refused_connection_is_busy(self, rehearsal: GatewayRehearsal) -> None:
        """Nothing left this machine, so the kernel may safely try again."""
        request = next(rehearsal.payments)
        nowhere = make_context(rehearsal.settings, unused_url(rehearsal.proxy.url))
        with pytest.raises(UpstreamBusyError):
            rehearsal.gateway.start_payment(request, nowhere)

    @EVERY_FAULT
    def test_a_fault_at_the_start_opens_one_payment(
        self, rehearsal: GatewayRehearsal, fault: Fault
    ) -> None:
        """However the line fails, starting again finds what the first attempt opened."""

        def prepare() -> Call:
            request = next(rehearsal.payments)
            return lambda timeout_s: rehearsal.start(request, timeout_s)

        for clean, struck in rehearsal.every("start_payment", prepare, fault):
            assert_honest(clean, struck)
            struck.subject(READ_TIMEOUT_S)
            opened = rehearsal.seen().keys() - struck.before.keys()
            assert len(opened) == 1, f"{struck}: {len(opened)} payments were opened"

    def test_fetching_tells_what_moved(self, rehearsal: GatewayRehearsal) -> None:
        """Amounts asked for are not amounts paid."""
        if not rehearsal.declares(GatewayCapability.FETCH):
            return
        request, started = rehearsal.started()
        waiting = rehearsal.fetch(request, started.external_id)
        assert waiting is not None
        assert waiting.state is PaymentState.PENDING
        assert waiting.captured == Money.zero(request.amount.currency)
        rehearsal.pay(started)
        fact = rehearsal.fetch(request, started.external_id)
        assert isinstance(fact, PaymentFact)
        assert (fact.state, fact.captured) == (PaymentState.CAPTURED, request.amount)
        assert fact.refunded == Money.zero(request.amount.currency)
        assert_plain(fact, "PaymentFact")

    def test_what_was_never_started_is_not_captured(self, rehearsal: GatewayRehearsal) -> None:
        """After a lost answer only the reference is known, and another payment must not match."""
        if not rehearsal.declares(GatewayCapability.FETCH):
            return
        rehearsal.paid()
        fact = rehearsal.fetch(next(rehearsal.payments))
        assert fact is None or not fact.captured, "another payment answers for it"
