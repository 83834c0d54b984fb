"""Stands a payment gateway against a simulator, with a fault proxy between them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from billing_hookspecs.fields import FieldKind
from billing_hookspecs.gateways import Notification, PaymentGateway, PaymentStarted, StartPayment
from billing_hookspecs.testing.declarations import checked_settings
from billing_hookspecs.testing.fault_proxy import FaultProxy, Snapshot
from billing_hookspecs.testing.gateways.declarations import GatewayDeclarations
from billing_hookspecs.testing.gateways.rehearsal import GatewayRehearsal
from billing_hookspecs.testing.samples import sample_start_payment
from billing_hookspecs.values import Secret

ADDRESSES = ("url", "api_base")


class RehearsedGateway(GatewayDeclarations):
    """The fixtures of the suites for gateways that a machine answers for."""

    @pytest.fixture
    def upstream(self) -> Any:
        raise NotImplementedError("write the fixture upstream: a simulator, running")

    @pytest.fixture
    def upstream_payments(self, upstream: Any) -> Callable[[], Snapshot]:
        """Reads what was opened there: id → state with amounts, comparable with ``==``."""
        reader: Callable[[], Snapshot] = upstream.payments
        return reader

    @pytest.fixture
    def new_payment(self, gateway: PaymentGateway) -> Callable[[int], StartPayment]:
        """Number → a payment that can be started; another number is another payment."""
        return sample_start_payment

    @pytest.fixture
    def pay(self, upstream: Any) -> Callable[[PaymentStarted], None]:
        """Does what the payer does at the gateway."""
        return lambda started: upstream.pay(started.external_id)

    @pytest.fixture
    def notification(self, upstream: Any) -> Callable[[PaymentStarted, bool], Notification]:
        """What says that a payment was captured: signed by the gateway, or forged."""
        return lambda started, signed: upstream.notification(started.external_id, signed=signed)

    @pytest.fixture
    def stored_token(self, upstream: Any) -> Secret:
        """A card that the gateway has stored; needed where STORED_METHODS is declared."""
        return Secret(upstream.store_card())

    @pytest.fixture
    def wrong_settings(
        self, gateway: PaymentGateway, settings: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        secret = {it.name for it in gateway.settings if it.kind is FieldKind.SECRET}
        return {**settings, **dict.fromkeys(secret & settings.keys(), "wrong-canary-5e1f")}

    @pytest.fixture
    def proxy(
        self, settings: Mapping[str, Any], upstream_payments: Callable[[], Snapshot]
    ) -> Iterator[FaultProxy]:
        address = next(settings[name] for name in ADDRESSES if settings.get(name))
        with FaultProxy(address, observe=upstream_payments) as proxy:
            yield proxy

    @pytest.fixture
    def rehearsal(
        self,
        gateway: PaymentGateway,
        settings: Mapping[str, Any],
        proxy: FaultProxy,
        new_payment: Callable[[int], StartPayment],
        pay: Callable[[PaymentStarted], None],
        upstream_payments: Callable[[], Snapshot],
    ) -> GatewayRehearsal:
        given = through(proxy, settings)
        connection = checked_settings(gateway.settings, given)
        payments = map(new_payment, count(1))
        return GatewayRehearsal(gateway, connection, proxy, payments, pay, upstream_payments)


def through(proxy: FaultProxy, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the proxy's address in the place of the gateway's."""
    return {**settings, **{name: proxy.url for name in ADDRESSES if settings.get(name)}}
