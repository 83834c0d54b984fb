"""Tax rates: a new one ends the old one; what invoices were taxed with is never rewritten."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.factories import Shop

from billing_hookspecs import InvalidInputError
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.levying import (
    RateFields,
    TaxRateExistsError,
    TaxRateInUseError,
    change_rate,
    create_rate,
    delete_rate,
    fields_of,
)
from billing_kernel.application.ordering import place_order
from billing_kernel.models import InvoiceLine, Payer, Provider, TaxRate

TODAY = date(2026, 1, 31)
NEW_YEAR = date(2026, 1, 1)
TOMORROW = date(2026, 2, 1)

Record = Callable[..., TaxRate]


@pytest.fixture
def record(kernel: Kernel) -> Record:
    """Records a rate of Russia that holds since New Year, unless told otherwise."""

    def make(rate: str, valid_from: date = NEW_YEAR, **more: Any) -> TaxRate:
        fields = RateFields(more.pop("country", "RU"), rate, valid_from, **more)
        return kernel.database.run(lambda session: create_rate(session, fields))

    return make


@pytest.fixture
def sell(kernel: Kernel, shop: Shop) -> Callable[..., str]:
    """Orders a thing from a provider that taxes; the rate on its invoice."""

    def make(payer: Payer | None = None) -> str:
        def work(session: Any) -> str:
            provider = session.get_one(Provider, shop.provider.id)
            provider.tax = {"policy": "standard"}
            session.flush()
            item = OrderItem(shop.plan.id, 1, {"name": "my thing"})
            placed = place_order(session, kernel, shop.client.id, item, payer.id if payer else None)
            line: InvoiceLine = placed.invoice.lines[0]
            return line.tax_rate

        return kernel.database.run(work)

    return make


def change(kernel: Kernel, row: TaxRate, **changes: Any) -> TaxRate:
    before = fields_of(row)
    kept = {name: getattr(before, name) for name in before.__dataclass_fields__}
    return kernel.database.run(
        lambda session: change_rate(session, row.id, RateFields(**{**kept, **changes}))
    )


def test_the_newest_rate_that_has_begun_holds(record: Record, sell: Callable[..., str]) -> None:
    """A rise is recorded ahead of its day, and takes effect on it by itself."""
    record("0.18", date(2010, 1, 1))
    record("0.20", date(2019, 1, 1))
    record("0.22", TOMORROW)
    assert sell() == "0.20"


def test_a_rate_in_use_is_ended_by_a_newer_one(record: Record, sell: Callable[..., str]) -> None:
    """From the day after the last invoice on the future is open."""
    record("0.20")
    sell()
    assert record("0.22", TOMORROW).rate == "0.22"


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": "0.22"},
        {"valid_from": TOMORROW},
        {"country": "KZ"},
        {"customer_kind": "company"},
    ],
    ids=str,
)
def test_a_rate_in_use_is_not_edited(
    kernel: Kernel, record: Record, sell: Callable[..., str], changes: dict[str, Any]
) -> None:
    """The table must go on saying what invoices were taxed with, or no audit can follow them."""
    row = record("0.20")
    sell()
    with pytest.raises(TaxRateInUseError, match="INV-000001"):
        change(kernel, row, **changes)


def test_the_name_of_a_rate_in_use_may_change(
    kernel: Kernel, record: Record, sell: Callable[..., str]
) -> None:
    """A name is for people; no amount follows from it."""
    row = record("0.20")
    sell()
    assert change(kernel, row, name="НДС").name == "НДС"


def test_a_rate_in_use_is_not_deleted(
    kernel: Kernel, record: Record, sell: Callable[..., str]
) -> None:
    """Deleting is rewriting too."""
    row = record("0.20")
    sell()
    with pytest.raises(TaxRateInUseError):
        kernel.database.run(lambda session: delete_rate(session, row.id))


@pytest.mark.parametrize("kind", ["any", "individual"])
def test_a_new_rate_does_not_reach_back_to_issued_invoices(
    record: Record, sell: Callable[..., str], kind: str
) -> None:
    """A rate that began before the last invoice would say that it was taxed wrongly."""
    record("0.20")
    sell()
    with pytest.raises(TaxRateInUseError, match="2026-01-31"):
        record("0.22", TODAY, customer_kind=kind)


def test_a_rate_for_other_customers_may_reach_back(
    record: Record, sell: Callable[..., str]
) -> None:
    """Nobody of that kind was billed: nothing of what was is touched."""
    record("0.20")
    sell()
    assert record("0", TODAY, customer_kind="company").valid_from == TODAY


def test_a_companys_invoice_holds_the_rate_of_companies(
    record: Record, sell: Callable[..., str], make_payer: Callable[..., Payer], shop: Shop
) -> None:
    """The kind of the payer on the invoice decides whose rate is in use."""
    record("0.20")
    record("0.10", customer_kind="company")
    assert sell(make_payer(shop)) == "0.10"
    with pytest.raises(TaxRateInUseError):
        record("0.11", TODAY, customer_kind="company")
    assert record("0.21", TODAY).rate == "0.21"


def test_a_first_rate_may_begin_in_the_past(record: Record, sell: Callable[..., str]) -> None:
    """Who records rates after having sold without any rewrites nothing."""
    assert sell() == "0"
    assert record("0.20").valid_from == NEW_YEAR
    assert record("0.19", country="DE").country == "DE"


def test_a_rate_of_another_country_is_free(
    kernel: Kernel, record: Record, sell: Callable[..., str]
) -> None:
    """Only countries that are on the invoices count."""
    germany = record("0.20", country="DE")
    record("0.20")
    sell()
    assert change(kernel, germany, rate="0.19").rate == "0.19"
    kernel.database.run(lambda session: delete_rate(session, germany.id))


def test_an_older_rate_that_has_ended_is_free(
    kernel: Kernel, record: Record, sell: Callable[..., str]
) -> None:
    """Its days are over, and no invoice was issued on them."""
    old = record("0.18", date(2010, 1, 1))
    record("0.20")
    sell()
    assert change(kernel, old, rate="0.17").rate == "0.17"
    with pytest.raises(TaxRateInUseError):
        change(kernel, old, valid_from=TODAY)


def test_two_rates_do_not_begin_on_one_day(kernel: Kernel, record: Record) -> None:
    """Which of them holds would be chance."""
    record("0.20")
    second = record("0.22", TOMORROW)
    with pytest.raises(TaxRateExistsError):
        record("0.21")
    with pytest.raises(TaxRateExistsError):
        change(kernel, second, valid_from=NEW_YEAR)


def test_what_is_wrong_with_a_rate_is_told_at_once(record: Record) -> None:
    """Country, kind and rate each with its place."""
    with pytest.raises(InvalidInputError) as refused:
        record("20", country="EL", customer_kind="robot")
    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/country", "/customer_kind", "/rate"]
