"""Whatever befalls a call, the driver says no more than it can know, and money moves once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from billing_hookspecs import (
    ChargeStored,
    Context,
    Money,
    OutcomeUnknownError,
    RefundPayment,
    Secret,
    StartPayment,
    UpstreamBusyError,
    UpstreamError,
)
from billing_hookspecs.testing.secrecy import listening
from billing_payment_gateways.simulation import FaultKind, Response
from billing_payment_gateways.yookassa.gateway import YooKassa
from billing_payment_gateways.yookassa.simulator import SimulatedYooKassa, YooKassaServer

NOT_DONE = {FaultKind.DROPPED, FaultKind.UNAVAILABLE, FaultKind.TOO_MANY, FaultKind.CONFLICT}
NewPayment = Callable[..., StartPayment]


@dataclass(frozen=True)
class Instruction:
    """A call with an effect: the request that has it, and how often it was had."""

    on: str
    give: Callable[[Context], object]
    count: Callable[[], int]


@pytest.fixture(params=["start", "store", "charge", "refund"])
def instruction(
    request: pytest.FixtureRequest,
    gateway: YooKassa,
    context: Context,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
) -> Instruction:
    shop = upstream.shop
    match request.param:
        case "start":
            return Instruction(
                "POST /v3/payments",
                lambda it: gateway.start_payment(new_payment(), it),
                lambda: len(shop.payments),
            )
        case "store":
            return Instruction(
                "POST /v3/payment_methods",
                lambda it: gateway.store_method(new_payment(), it),
                lambda: len(shop.methods),
            )
        case "charge":
            token = Secret(upstream.store_card())
            charge = ChargeStored(9, "renewal-1", Money(99000, "RUB"), "Invoice 9", token)
            return Instruction(
                "POST /v3/payments",
                lambda it: gateway.charge_stored(charge, it),
                lambda: len(shop.payments),
            )
        case _:
            started = gateway.start_payment(new_payment(), context)
            upstream.pay(started.external_id)
            refund = RefundPayment(started.external_id, "refund-1", Money(30000, "RUB"), "left")
            return Instruction(
                "POST /v3/refunds",
                lambda it: gateway.refund(refund, it),
                lambda: len(shop.refunds),
            )


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_of_the_effect_is_told_as_what_it_is(
    instruction: Instruction,
    make: Callable[..., Context],
    server: YooKassaServer,
    kind: FaultKind,
) -> None:
    """ "Nothing was done" only where YooKassa documents that it rejects before it acts."""
    server.faults.add(kind, instruction.on, delay_s=0.0 if kind is not FaultKind.HANG else 30)
    heard: object = None
    try:
        heard = instruction.give(make(read_timeout_s=0.3 if kind is FaultKind.HANG else 5.0))
    except UpstreamError as error:
        heard = error
    done = instruction.count()
    assert done == (0 if kind in NOT_DONE else 1)
    if kind is FaultKind.TOO_MANY:
        assert isinstance(heard, UpstreamBusyError)
    elif not isinstance(heard, OutcomeUnknownError):
        assert not isinstance(heard, UpstreamError)
        assert done == 1
    answer = instruction.give(make())
    assert instruction.count() == 1
    assert instruction.give(make()) == answer


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"id": 5}', b'{"items": 1}'])
def test_an_answer_of_something_else_is_not_believed(
    gateway: YooKassa,
    make: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    upstream: SimulatedYooKassa,
    new_payment: NewPayment,
    body: bytes,
) -> None:
    """A wrong address may answer 200 with anything."""
    monkeypatch.setattr(upstream, "respond", lambda request, fault: Response(200, body))
    with pytest.raises(OutcomeUnknownError):
        gateway.start_payment(new_payment(), make())
    with pytest.raises(UpstreamBusyError):
        gateway.refund(RefundPayment("p", "r", Money(1, "RUB"), "left"), make())


def test_no_fault_tells_a_secret(
    gateway: YooKassa,
    make: Callable[..., Context],
    upstream: SimulatedYooKassa,
    server: YooKassaServer,
    settings: dict[str, Any],
) -> None:
    """Keys and tokens stay out of logs, answers and errors."""
    token = upstream.store_card("declined")
    wrong = "test_wrong_canary_12345\n"
    charge = ChargeStored(9, "renewal-1", Money(99000, "RUB"), "Invoice 9", Secret(token))
    with listening() as ear:
        for kind in (*FaultKind, None):
            if kind is not None:
                server.faults.add(kind, delay_s=1)
            with ear.catching():
                ear.answer(gateway.charge_stored(charge, make(read_timeout_s=0.3)))
        with ear.catching():
            gateway.charge_stored(charge, make({"secret_key": Secret(wrong)}))
    ear.assert_not_heard({str(settings["secret_key"]), token, wrong, wrong.strip()})
