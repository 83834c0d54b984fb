"""An invoice as PDF, set by typst: PDF/A-3 for the archive, with its e-invoice inside.

typst comes as one wheel without system libraries. The template is ours and gets the words as
JSON; it has no network, no packages and no folder but its own.
"""

from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec

from billing_kernel.documents.e_invoice import render_e_invoice
from billing_kernel.documents.e_invoice_rules import why_no_e_invoice
from billing_kernel.documents.errors import RendererMissingError, RenderingError
from billing_kernel.documents.invoice import InvoiceDocument
from billing_kernel.documents.page import Page
from billing_kernel.documents.writing import page_of

if TYPE_CHECKING:
    import typst

ARCHIVAL: "Final[typst.PDFStandard]" = "a-3b"
FONT_PACKAGE: Final = "fontpkg_ibm_plex_sans"
NEEDED: Final = ("typst", FONT_PACKAGE, "facturx")
NO_GLYPH: Final = "could not be displayed"
"""What typst says where no font has a character; PDF/A allows none of these."""

_TEMPLATES: Final = Path(__file__).with_name("templates")


def can_render_pdf() -> bool:
    """True where everything that PDFs need is installed."""
    return all(find_spec(name) for name in NEEDED)


def render_pdf(document: InvoiceDocument) -> bytes:
    """The document as PDF; PDF/A-3b with its e-invoice inside, where there can be one.

    A character that no font here has would break PDF/A: then it is a plain PDF with a box in
    its place. Raises RendererMissingError, RenderingError.
    """
    if not can_render_pdf():
        raise RendererMissingError("PDF")
    import typst

    page = page_of(document)
    try:
        try:
            pdf = _typeset(page, document.issued_on, [ARCHIVAL])
        except typst.TypstError as error:
            if NO_GLYPH not in error.message:
                raise
            return _typeset(page, document.issued_on, [])
    except typst.TypstError as error:
        raise RenderingError(f"typst: {error.message}") from error
    if why_no_e_invoice(document):
        return pdf
    return _with_e_invoice(pdf, render_e_invoice(document), page)


def _typeset(page: Page, issued_on: date, standards: "list[typst.PDFStandard]") -> bytes:
    import typst

    return typst.compile(
        _TEMPLATES / "invoice.typ",
        root=_TEMPLATES,
        package_path=_TEMPLATES,
        package_cache_path=_TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"page": msgspec.json.encode(page.as_json()).decode()},
        format="pdf",
        pdf_standards=standards,
        timestamp=datetime.combine(issued_on, time(), UTC),
    )


@cache
def _fonts() -> "typst.Fonts":
    """Our font, those inside typst, and the machine's own for scripts that both lack."""
    import typst

    return typst.Fonts(font_paths=[str(files(FONT_PACKAGE) / "files")])


def _with_e_invoice(pdf: bytes, xml: bytes, page: Page) -> bytes:
    """Factur-X: people read the pages, machines the file in it."""
    from facturx import generate_from_file

    with TemporaryDirectory() as folder:
        # Written elsewhere than it was read from: factur-x appends to a file that it is given.
        hybrid = Path(folder) / "invoice.pdf"
        generate_from_file(
            BytesIO(pdf),
            xml,
            flavor="factur-x",
            level="en16931",
            check_xsd=False,
            pdf_metadata={
                "author": page.company.name,
                "title": page.heading,
                "subject": page.heading,
                "keywords": page.title,
            },
            lang=page.language,
            afrelationship="alternative",
            output_pdf_file=str(hybrid),
        )
        return hybrid.read_bytes()
