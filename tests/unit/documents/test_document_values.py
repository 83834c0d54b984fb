"""The invoice as a value: totals that add up, and text that can't do harm."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from, tuples

from billing_hookspecs import Money
from billing_kernel.documents import Bank, DocumentKind, Party, party_of
from billing_kernel.documents.samples import GERMAN_COMPANY, GERMAN_PAYER, invoice, line, samples
from billing_kernel.domain.states import InvoiceState

RATES = ("0", "0.07", "0.19", "0.190", "0.2")


@given(
    amounts=lists(tuples(integers(-(10**9), 10**9), integers(-(10**9), 10**9)), min_size=1),
    rates=lists(sampled_from(RATES), min_size=1),
)
def test_totals_of_the_rates_add_up_to_the_invoice(
    amounts: list[tuple[int, int]], rates: list[str]
) -> None:
    """A tax office adds the rates up; not a cent may be missing or there twice."""
    lines = tuple(
        line("Thing", net, tax, rates[place % len(rates)], "EUR")
        for place, (net, tax) in enumerate(amounts)
    )
    document = invoice(GERMAN_COMPANY, GERMAN_PAYER, lines)
    totals = document.tax_totals()
    assert sum(total.net.amount_minor for total in totals) == document.net.amount_minor
    assert sum(total.tax.amount_minor for total in totals) == document.tax.amount_minor
    assert len(totals) == len({float(each.tax_rate) for each in lines})


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Muster\x00 & Söhne\x1b[31m", "Muster & Söhne[31m"),
        ("Invoice \u202e00.1 RUE\u202c", "Invoice 00.1 RUE"),
        ("a\u2067b\u2069\ufffe\uffff\ud800", "ab"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("Ёлка Ελλάς 日本 😀", "Ёлка Ελλάς 日本 😀"),
    ],
)
def test_characters_that_no_document_can_show_are_dropped(raw: str, shown: str) -> None:
    """Control characters break XML; those that turn the writing could fake an amount."""
    assert Party(name=raw).name == shown
    assert Bank(recipient=raw).recipient == shown
    assert line(raw, 1, 0, "0", "EUR").description == shown


def test_a_party_is_read_from_what_an_invoice_kept_of_it() -> None:
    """Columns that are added later, or that older invoices lack, are no obstacle."""
    party = party_of(
        {
            "name": "Muster OG",
            "country": "AT",
            "vat_number": "ATU13585627",
            "bank": {"iban": "AT611904300234573201", "colour": "red"},
            "loyalty": "gold",
            "tax_id": None,
        }
    )
    assert party == Party(
        "Muster OG", "AT", vat_number="ATU13585627", bank=Bank(iban="AT611904300234573201")
    )
    assert party_of({"name": "Somebody"}) == Party("Somebody")
    assert party_of({}).name == ""


@pytest.mark.parametrize(
    ("kind", "status", "total_minor", "asks"),
    [
        (DocumentKind.INVOICE, InvoiceState.NEW, 100, True),
        (DocumentKind.ADVANCE_PAYMENT, InvoiceState.NEW, 100, True),
        (DocumentKind.INVOICE, InvoiceState.NEW, 0, False),
        (DocumentKind.INVOICE, InvoiceState.PAID, 100, False),
        (DocumentKind.INVOICE, InvoiceState.CANCELLED, 100, False),
        (DocumentKind.CREDIT_NOTE, InvoiceState.NEW, 100, False),
    ],
)
def test_only_what_is_owed_asks_for_money(
    kind: DocumentKind, status: InvoiceState, total_minor: int, *, asks: bool
) -> None:
    """Nobody must be led to pay twice, or to pay what they are owed."""
    document = replace(
        samples()["german"], kind=kind, status=status, total=Money(total_minor, "EUR")
    )
    assert document.asks_for_money is asks
