"""The PDF: readable in every script, on as many pages as it takes, sealed to its surroundings."""

import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from billing_kernel.documents import (
    InvoiceDocument,
    RendererMissingError,
    RenderingError,
    can_render_pdf,
    pdf,
    render_e_invoice,
    render_pdf,
)
from billing_kernel.documents.samples import samples

NO_FONT_HAS_IT = "\u0378"
"""Unicode hasn't given this place to any character."""


def read(document: InvoiceDocument) -> PdfReader:
    return PdfReader(BytesIO(render_pdf(document)))


def texts_of(reader: PdfReader) -> list[str]:
    """The text of each page, every run of blanks a single one."""
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def is_archival(reader: PdfReader) -> bool:
    """Whether the file says of itself that it is PDF/A-3b."""
    xmp = reader.xmp_metadata
    return xmp is not None and (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("3", "B")


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_pdf_shows_everything_the_document_says(name: str) -> None:
    """Cyrillic, umlauts and all: what can't be read can't be paid."""
    document = samples()[name]
    text = " ".join(texts_of(read(document)))
    for expected in (
        document.number,
        document.company.name,
        document.payer.name,
        document.company.bank.bic,
        *(line.description.removeprefix("Setup of ") for line in document.lines),
    ):
        assert expected in text


def test_amounts_stand_in_the_pdf_as_they_are_written() -> None:
    """The rouble sign is in few fonts; a box in its place would be embarrassing."""
    (text,) = texts_of(read(samples()["russian"]))
    assert "К оплате: 2 742,56 ₽" in text
    assert "Всего 2 742,56 ₽" in text
    (text,) = texts_of(read(samples()["paid"]))
    assert "Оплачен 2 февраля 2026 г." in text
    (text,) = texts_of(read(samples()["yen"]))
    assert "Total JP¥1,446,500" in text


def test_a_long_invoice_breaks_between_lines_and_repeats_its_head() -> None:
    """Each page says what its columns are, which invoice it belongs to, and how many there are."""
    document = samples()["long"]
    texts = texts_of(read(document))
    assert len(texts) > 5
    for number, text in enumerate(texts, start=1):
        assert "No. Description Net, EUR VAT VAT, EUR Total, EUR" in text
        assert f"Page {number} of {len(texts)}" in text
        assert document.number in text
    everything = " ".join(texts)
    for line in document.lines:
        assert everything.count(f"{line.description} 31 Jan 2026 – 27 Feb 2026 19.90 19%") == 1


def test_a_pdf_is_for_the_archive_and_brings_its_fonts() -> None:
    """PDF/A-3b looks the same in ten years, on a machine that has none of our fonts."""
    reader = read(samples()["russian"])
    assert is_archival(reader)
    assert dict(reader.attachments) == {}
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in described or "/FontFile3" in described


def test_an_invoice_inside_the_eu_carries_its_e_invoice() -> None:
    """People read the pages, machines the file in it: one document for both."""
    document = samples()["reverse-charge"]
    reader = read(document)
    assert is_archival(reader)
    assert reader.attachments == {"factur-x.xml": [render_e_invoice(document)]}
    assert reader.metadata is not None
    assert reader.metadata.title == "Invoice INV-000042 of 31 January 2026"


def test_a_character_that_no_font_has_costs_the_archive_not_the_invoice() -> None:
    """A payer whose name we can't draw still gets a document, with a box in its place."""
    document = samples()["german"]
    payer = replace(document.payer, name=f"Erika {NO_FONT_HAS_IT} Mustermann")
    reader = read(replace(document, payer=payer))
    assert not is_archival(reader)
    (text,) = texts_of(reader)
    assert "Mustermann" in text
    assert "€52.22" in text


def test_the_same_document_is_the_same_file() -> None:
    """What is made again after a lost answer is what was made before."""
    document = samples()["russian"]
    assert render_pdf(document) == render_pdf(document)
    assert render_pdf(document) != render_pdf(replace(document, number="INV-000043"))


def test_what_anybody_wrote_is_drawn_and_never_run(
    hostile: InvoiceDocument, bait: Any, secret: str
) -> None:
    """No file of the machine gets in, no server hears of it, nothing is computed."""
    reader = read(hostile)
    text = "".join("".join(texts_of(reader)).split())
    for injection in bait.texts():
        assert "".join(injection.split()) in text
    assert secret not in text
    assert str(1234 * 5678) not in text
    assert set(reader.attachments) == {"factur-x.xml"}
    assert bait.visits == []


@pytest.mark.parametrize(
    "template",
    [
        '#read("../secret.txt")',
        '#read("/../secret.txt")',
        '#import "@preview/example:0.1.0": add',
        '#panic("broken")',
    ],
)
def test_a_template_that_is_broken_or_curious_is_an_error_of_rendering(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a template of ours reaches beyond its own folder, or downloads packages."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "invoice.typ").write_text(template)
    monkeypatch.setattr(pdf, "_TEMPLATES", folder)
    with pytest.raises(RenderingError) as raised:
        render_pdf(samples()["german"])
    assert raised.value.cause.startswith("typst: ")


@pytest.mark.parametrize("name", ["typst", "facturx", "fontpkg_ibm_plex_sans"])
def test_what_is_not_installed_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who reads the error knows what to type."""
    monkeypatch.setitem(sys.modules, name, None)
    assert not can_render_pdf()
    with pytest.raises(RendererMissingError, match=r"pip install 'billing-kernel\[documents\]'"):
        render_pdf(samples()["german"])
