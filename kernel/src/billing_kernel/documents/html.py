"""An invoice as an HTML page that needs nothing but itself."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from billing_kernel.documents.invoice import InvoiceDocument
from billing_kernel.documents.writing import page_of

_TEMPLATES: Final = Path(__file__).with_name("templates")


def render_html(document: InvoiceDocument) -> bytes:
    """The document as a page in UTF-8; its texts are shown, never interpreted."""
    page = page_of(document)
    html = _template().render(page=page, style=_markup(style()), code=_markup(page.payment.code))
    return html.encode()


@cache
def content_security_policy() -> str:
    """What a browser may do with the page: show it with its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    )


@cache
def style() -> str:
    """The style sheet, as it stands in the page."""
    return (_TEMPLATES / "invoice.css").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("invoice.html")


def _markup(ours: str) -> Markup:
    """The only markup besides the template: our style sheet, and the squares of a QR code."""
    return Markup(ours)  # noqa: S704 neither holds anybody's text
