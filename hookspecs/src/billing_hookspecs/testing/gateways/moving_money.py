"""The part of a gateway's conformance about refunds and stored methods: money moves once."""

from collections.abc import Callable
from functools import partial

import pytest

from billing_hookspecs.gateways import GatewayCapability, RefundPending
from billing_hookspecs.money import Money
from billing_hookspecs.testing.contexts import READ_TIMEOUT_S
from billing_hookspecs.testing.fault_proxy import Fault
from billing_hookspecs.testing.faults import Call, assert_honest
from billing_hookspecs.testing.gateways.fixtures import RehearsedGateway
from billing_hookspecs.testing.gateways.rehearsal import GatewayRehearsal
from billing_hookspecs.testing.wire import PAUSE_S, assert_plain
from billing_hookspecs.values import Secret

EVERY_FAULT = pytest.mark.parametrize("fault", list(Fault))


class MoneyConformance(RehearsedGateway):
    """An instruction with one reference moves money once, however often it is given."""

    def test_refunding_twice_returns_once(self, rehearsal: GatewayRehearsal) -> None:
        """A refund whose answer was lost is sent again with its reference."""
        if not rehearsal.declares(GatewayCapability.REFUND):
            return
        payment = rehearsal.captured()
        part = third_of(payment.captured)
        outcome = rehearsal.refund(payment, "refund-1", part)
        assert_plain(outcome, "the outcome of a refund")
        if isinstance(outcome, RefundPending):
            assert outcome.check_after_s in PAUSE_S
        once = rehearsal.seen()
        rehearsal.refund(payment, "refund-1", part)
        assert rehearsal.seen() == once, "the money was returned twice"
        rehearsal.refund(payment, "refund-2", part)
        assert rehearsal.seen() != once, "a second refund is another one"

    @EVERY_FAULT
    def test_a_fault_while_refunding_returns_once(
        self, rehearsal: GatewayRehearsal, fault: Fault
    ) -> None:
        """The provider's money is gone after a second one."""
        if not rehearsal.declares(GatewayCapability.REFUND):
            return

        def prepare() -> Call:
            payment = rehearsal.captured()
            reference = f"refund-of-{payment.external_id}"
            return partial(rehearsal.refund, payment, reference, third_of(payment.captured))

        _assert_moved_once(rehearsal, "refund", prepare, fault)

    def test_charging_a_stored_method_twice_takes_once(
        self, rehearsal: GatewayRehearsal, request: pytest.FixtureRequest
    ) -> None:
        """The nightly run may die after the call and make it again."""
        if not rehearsal.declares(GatewayCapability.STORED_METHODS):
            return
        token: Secret = request.getfixturevalue("stored_token")
        before = rehearsal.seen()
        payment = next(rehearsal.payments)
        first, second = rehearsal.charge(payment, token), rehearsal.charge(payment, token)
        assert first.external_id == second.external_id
        assert len(rehearsal.seen().keys() - before.keys()) == 1
        assert_plain(first, "the fact of a charge")

    @EVERY_FAULT
    def test_a_fault_while_charging_takes_once(
        self, rehearsal: GatewayRehearsal, fault: Fault, request: pytest.FixtureRequest
    ) -> None:
        """Nobody is at the page to notice that the card was charged twice."""
        if not rehearsal.declares(GatewayCapability.STORED_METHODS):
            return
        token: Secret = request.getfixturevalue("stored_token")

        def prepare() -> Call:
            return partial(rehearsal.charge, next(rehearsal.payments), token)

        _assert_moved_once(rehearsal, "charge_stored", prepare, fault)


def third_of(amount: Money) -> Money:
    """Small enough that two of them are still no more than the whole."""
    return Money(amount.amount_minor // 3, amount.currency)


def _assert_moved_once(
    rehearsal: GatewayRehearsal, what: str, prepare: Callable[[], Call], fault: Fault
) -> None:
    """Assert that repeating what was disturbed adds its effect only if it had none."""
    for clean, struck in rehearsal.every(what, prepare, fault):
        assert_honest(clean, struck)
        had_effect = struck.behind != struck.before
        struck.subject(READ_TIMEOUT_S)
        changed = rehearsal.seen() != struck.behind
        assert changed != had_effect, (
            f"{struck}: money moved {'twice' if had_effect else 'not at all'}"
        )
