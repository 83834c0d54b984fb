"""What money does that came for an invoice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money
from billing_kernel.domain.receipts import Demand, Misfit, decide_receipt
from billing_kernel.domain.states import InvoiceState

amounts = st.integers(1, 3000)


@given(amounts, amounts, st.integers(0, 3000), st.sampled_from(InvoiceState), st.booleans())
def test_money_settles_an_open_invoice_that_it_covers_and_nothing_else(
    came: int, total: int, before: int, status: InvoiceState, foreign: bool
) -> None:
    """Whatever doesn't fit stays the client's, to the minor unit, and says why."""
    captured = Money(came, "EUR" if foreign else "RUB")
    demand = Demand("INV-1", status, Money(total, "RUB"), Money(before, "RUB"))
    receipt = decide_receipt(captured, demand)
    fits = status is InvoiceState.NEW and not foreign
    assert receipt.settles is (fits and came + before >= total)
    kept = came + before - total if receipt.settles else came
    assert receipt.kept == Money(kept, captured.currency)
    assert (receipt.misfit is None) is (receipt.settles and not kept)


@pytest.mark.parametrize(
    ("came", "status", "misfit", "detail"),
    [
        (Money(5, "RUB"), InvoiceState.PAID, Misfit.NOT_OPEN, "which is paid"),
        (Money(5, "RUB"), InvoiceState.CANCELLED, Misfit.NOT_OPEN, "which is cancelled"),
        (Money(1000, "EUR"), InvoiceState.NEW, Misfit.OTHER_CURRENCY, "10.00 EUR came"),
        (Money(400, "RUB"), InvoiceState.NEW, Misfit.TOO_LITTLE, "4.00 RUB came"),
        (Money(1001, "RUB"), InvoiceState.NEW, Misfit.TOO_MUCH, "0.01 RUB of it stays"),
    ],
)
def test_people_read_why(came: Money, status: InvoiceState, misfit: Misfit, detail: str) -> None:
    """A task that says "unexpected" and no more helps nobody."""
    demand = Demand("INV-1", status, Money(1000, "RUB"), Money.zero("RUB"))
    receipt = decide_receipt(came, demand)
    assert receipt.misfit is misfit
    assert detail in receipt.detail


def test_what_fits_needs_no_words() -> None:
    """The usual payment is nobody's task."""
    demand = Demand("INV-1", InvoiceState.NEW, Money(1000, "RUB"), Money(400, "RUB"))
    assert decide_receipt(Money(600, "RUB"), demand).detail == ""
