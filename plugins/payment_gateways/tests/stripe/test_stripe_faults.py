"""Whatever befalls a call, the driver says no more than it can know, and money moves once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from billing_hookspecs import (
    ChargeStored,
    Context,
    FetchPayment,
    Money,
    OutcomeUnknownError,
    PaymentFact,
    RefundPayment,
    Secret,
    StartPayment,
    UpstreamBusyError,
    UpstreamError,
    UpstreamRefusedError,
)
from billing_hookspecs.testing import sample_start_payment
from billing_hookspecs.testing.secrecy import listening
from billing_payment_gateways.simulation import FaultKind, Response
from billing_payment_gateways.stripe.gateway import Stripe
from billing_payment_gateways.stripe.simulator import SimulatedStripe, StripeServer

EUR = "EUR"
NOT_DONE = {FaultKind.DROPPED, FaultKind.UNAVAILABLE, FaultKind.TOO_MANY, FaultKind.CONFLICT}
HARMLESS = {FaultKind.SLOW}
BEFORE_STRIPE_ACTS = {FaultKind.TOO_MANY}


@dataclass(frozen=True)
class Instruction:
    """A call with an effect: the request that has it, and how often it was had."""

    on: str
    give: Callable[[Context], object]
    count: Callable[[], int]


@pytest.fixture(params=["start", "store", "charge", "refund"])
def instruction(
    request: pytest.FixtureRequest, gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> Instruction:
    account = upstream.account
    match request.param:
        case "start" | "store" as kind:
            amount = Money(1290 if kind == "start" else 0, EUR)
            asked: StartPayment = sample_start_payment(7, amount=amount)
            call: Any = gateway.start_payment if kind == "start" else gateway.store_method
            return Instruction(
                "POST /v1/checkout/sessions",
                lambda it: call(asked, it),
                lambda: len(account.all("checkout.session")),
            )
        case "charge":
            token = Secret(upstream.store_card())
            charge = ChargeStored(9, "renewal-1", Money(990, EUR), "Invoice 9", token)
            return Instruction(
                "POST /v1/payment_intents",
                lambda it: gateway.charge_stored(charge, it),
                lambda: len(account.all("charge")),
            )
        case _:
            started = gateway.start_payment(sample_start_payment(7), context)
            upstream.pay(started.external_id)
            refund = RefundPayment(started.external_id, "refund-1", Money(300, EUR), "left")
            return Instruction(
                "POST /v1/refunds",
                lambda it: gateway.refund(refund, it),
                lambda: len(account.all("refund")),
            )


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_of_the_effect_is_told_as_what_it_is(
    instruction: Instruction,
    make: Callable[..., Context],
    server: StripeServer,
    kind: FaultKind,
) -> None:
    """ "Nothing was done" only where Stripe documents that it rejects before it acts."""
    server.faults.add(kind, instruction.on, delay_s=0.0 if kind is not FaultKind.HANG else 30)
    timeout_s = 0.3 if kind is FaultKind.HANG else 5.0
    heard: object = None
    try:
        heard = instruction.give(make(read_timeout_s=timeout_s))
    except UpstreamError as error:
        heard = error
    done = instruction.count()
    assert done == (0 if kind in NOT_DONE else 1)
    if kind in BEFORE_STRIPE_ACTS:
        assert isinstance(heard, UpstreamBusyError)
    elif not isinstance(heard, OutcomeUnknownError):
        assert not isinstance(heard, UpstreamError)
        assert done == 1
    answer = instruction.give(make())
    assert instruction.count() == 1
    assert instruction.give(make()) == answer


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - HARMLESS - {FaultKind.CONFLICT}))
def test_a_fault_while_asking_is_busy(
    gateway: Stripe,
    make: Callable[..., Context],
    upstream: SimulatedStripe,
    server: StripeServer,
    kind: FaultKind,
) -> None:
    """A question changes nothing, so it may be asked again."""
    token = Secret(upstream.store_card())
    charge = ChargeStored(9, "renewal-1", Money(990, EUR), "Invoice 9", token)
    if kind is FaultKind.FAILS_INSIDE:
        server.faults.add("server_error", "GET")
    else:
        server.faults.add(kind, "GET", delay_s=30 if kind is FaultKind.HANG else 0.0)
    with pytest.raises(UpstreamBusyError):
        gateway.charge_stored(charge, make(read_timeout_s=0.3))
    assert upstream.account.all("charge") == []


def test_the_pause_that_stripe_asks_for_is_passed_on(
    gateway: Stripe, context: Context, server: StripeServer
) -> None:
    server.faults.add("too_many", "POST", retry_after_s=17)
    with pytest.raises(UpstreamBusyError) as busy:
        gateway.start_payment(sample_start_payment(7), context)
    assert busy.value.retry_after_s == 17


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"id": 5}', b'{"object": "list"}'])
def test_an_answer_of_something_else_is_not_believed(
    gateway: Stripe,
    make: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
    upstream: SimulatedStripe,
    body: bytes,
) -> None:
    """A wrong address may answer 200 with anything."""
    monkeypatch.setattr(upstream, "answer", lambda request, fault: Response(200, body))
    with pytest.raises((UpstreamBusyError, OutcomeUnknownError)):
        gateway.start_payment(sample_start_payment(7), make())
    with pytest.raises(OutcomeUnknownError):
        gateway.store_method(sample_start_payment(7), make())


def test_no_fault_tells_a_secret(
    gateway: Stripe,
    make: Callable[..., Context],
    upstream: SimulatedStripe,
    server: StripeServer,
    settings: dict[str, Any],
) -> None:
    """Keys and tokens stay out of logs, answers and errors, also where Stripe repeats them."""
    token = upstream.store_card("declined")
    secrets = {settings["secret_key"], settings["webhook_secret"], token}
    wrong = "sk_test_wrong_canary_12345"
    charge = ChargeStored(9, "renewal-1", Money(990, EUR), "Invoice 9", Secret(token))
    foreign = ChargeStored(9, "r-2", Money(990, EUR), "x", Secret("cus_other/pm_of_nobody"))
    with listening() as ear:
        for kind in (*FaultKind, None):
            for given in (charge, foreign):
                if kind is not None:
                    server.faults.add(kind, delay_s=1)
                with ear.catching():
                    ear.answer(gateway.charge_stored(given, make(read_timeout_s=0.3)))
        with ear.catching():
            gateway.charge_stored(charge, make({"secret_key": Secret(wrong)}))
    ear.assert_not_heard({*map(str, secrets), wrong, foreign.token, "pm_of_nobody"})


@pytest.mark.parametrize("key", ["sk_test_ключ", "sk_test_a\nb", "sk_test_a ", ""])
def test_a_key_that_can_t_be_sent_is_not_quoted(
    gateway: Stripe, make: Callable[..., Context], key: str
) -> None:
    """The error of an HTTP library about a header shows the header."""
    context = make({"secret_key": Secret(key)})
    with pytest.raises(UpstreamRefusedError) as refusal:
        gateway.start_payment(sample_start_payment(7), context)
    assert refusal.value.reason == "credentials"
    with pytest.raises(UpstreamBusyError):
        gateway.fetch_payment(FetchPayment(7, "r", Money(1, EUR)), context)
    assert "sk_test" not in refusal.value.message


def test_a_fact_of_a_fault_free_charge_is_final(
    gateway: Stripe, context: Context, upstream: SimulatedStripe
) -> None:
    """The rest of this file would pass if nothing were ever charged."""
    token = Secret(upstream.store_card())
    charge = ChargeStored(9, "renewal-1", Money(990, EUR), "Invoice 9", token)
    fact = gateway.charge_stored(charge, context)
    assert isinstance(fact, PaymentFact)
    assert fact.captured == Money(990, EUR)
