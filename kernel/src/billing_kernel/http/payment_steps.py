"""The step of a payment that needs its gateway: after the commit, before the answer."""

from typing import Any

import msgspec

from billing_kernel.application.beginning import begin_payment
from billing_kernel.application.finding import find
from billing_kernel.application.kernel import Kernel
from billing_kernel.domain.states import AttemptState
from billing_kernel.http.shapes.payments import Payment
from billing_kernel.models import Payment as PaymentRow

UNBEGUN = (AttemptState.NEW, AttemptState.UNKNOWN)


def begun(kernel: Kernel, answer: dict[str, Any]) -> dict[str, Any]:
    """A payment's answer after its gateway was asked where the payer must go on.

    The answer of a payment that needs no gateway, or was begun before, stays as it is.
    """
    if answer["status"] not in UNBEGUN or answer["payment_method_id"] is None:
        return answer
    begin_payment(kernel, answer["id"])
    with kernel.database.reading() as session:
        payment = Payment.of(find(session, PaymentRow, answer["id"]))
    return {**answer, **msgspec.to_builtins(payment)}


def begun_inside(kernel: Kernel, answer: dict[str, Any]) -> dict[str, Any]:
    """The same for an answer that has its payment in the field ``payment``, or has none."""
    if "payment" not in answer:
        return answer
    return {**answer, "payment": begun(kernel, answer["payment"])}
