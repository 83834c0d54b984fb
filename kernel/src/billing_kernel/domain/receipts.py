"""What money that came for an invoice does: settle it, or stay on the client's balance."""

from dataclasses import dataclass
from enum import StrEnum

from billing_hookspecs import Money
from billing_kernel.domain.states import InvoiceState


class Misfit(StrEnum):
    """Why money, or a part of it, stays on the balance."""

    NOT_OPEN = "not_open"
    OTHER_CURRENCY = "other_currency"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    NOT_SETTLED = "not_settled"


@dataclass(frozen=True, slots=True)
class Demand:
    """An invoice as it is when money comes for it; ``paid_before`` came earlier, in parts."""

    number: str
    status: InvoiceState
    total: Money
    paid_before: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """``kept`` stays on the balance, for the reason of ``misfit``; ``detail`` is for people."""

    settles: bool
    kept: Money
    misfit: Misfit | None = None
    detail: str = ""


def decide_receipt(captured: Money, demand: Demand) -> Receipt:
    """Parts of a payment add up; what doesn't fit stays the client's."""
    came = f"{captured} came for invoice {demand.number}"
    if demand.status is not InvoiceState.NEW:
        return Receipt(False, captured, Misfit.NOT_OPEN, f"{came}, which is {demand.status}")
    if captured.currency != demand.total.currency:
        detail = f"{came} in {demand.total.currency}"
        return Receipt(False, captured, Misfit.OTHER_CURRENCY, detail)
    surplus = captured + demand.paid_before - demand.total
    if surplus.amount_minor < 0:
        return Receipt(False, captured, Misfit.TOO_LITTLE, f"{came} of {demand.total}")
    if surplus:
        detail = f"{came} of {demand.total}; {surplus} of it stays on the balance"
        return Receipt(True, surplus, Misfit.TOO_MUCH, detail)
    return Receipt(True, surplus)
