"""The part of a gateway's conformance that listens for secrets."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from billing_hookspecs.gateways import GatewayCapability, Notification, PaymentStarted
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import Fault
from billing_hookspecs.testing.gateways.fixtures import RehearsedGateway, through
from billing_hookspecs.testing.gateways.rehearsal import GatewayRehearsal
from billing_hookspecs.testing.secrecy import Ear, listening, secrets_of
from billing_hookspecs.values import Secret


class GatewaySecrecyConformance(RehearsedGateway):
    """Keys stay where they were entered, and so do the tokens of stored cards."""

    def test_secrets_stay_out_of_logs_answers_and_errors(
        self,
        rehearsal: GatewayRehearsal,
        notification: Callable[[PaymentStarted, bool], Notification],
        wrong_settings: Mapping[str, Any],
        request: pytest.FixtureRequest,
    ) -> None:
        """Logs are read by more people than settings are, and are kept longer."""
        given = through(rehearsal.proxy, wrong_settings)
        mistaken = rehearsal.with_settings(checked_settings(rehearsal.gateway.settings, given))
        secrets = {*secrets_of(rehearsal.settings), *secrets_of(mistaken.settings)}
        with listening() as ear:
            _hear_payments(ear, rehearsal, mistaken)
            if rehearsal.declares(GatewayCapability.NOTIFICATIONS):
                for signed in (True, False):
                    with ear.catching():
                        _, started = rehearsal.paid()
                        ear.answer(rehearsal.notified(notification(started, signed)))
            if rehearsal.declares(GatewayCapability.STORED_METHODS):
                token: Secret = request.getfixturevalue("stored_token")
                secrets.add(token)
                with ear.catching():
                    ear.answer(rehearsal.charge(next(rehearsal.payments), token))
        ear.assert_not_heard(secrets)


def _hear_payments(ear: Ear, rehearsal: GatewayRehearsal, mistaken: GatewayRehearsal) -> None:
    ear.answer(rehearsal.gateway)
    with ear.catching():
        ear.answer(rehearsal.started())
    with ear.catching():
        ear.answer(mistaken.started())
    for fault in set(Fault) - {Fault.SILENCE}:
        rehearsal.proxy.heal()
        rehearsal.proxy.strike(fault)
        with ear.catching():
            ear.answer(rehearsal.started())
    rehearsal.proxy.heal()
