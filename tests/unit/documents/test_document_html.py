"""The HTML page: complete by itself, and deaf to what anybody wrote into an invoice."""

import base64
import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from billing_kernel.documents import InvoiceDocument, content_security_policy, render_html
from billing_kernel.documents.samples import samples


@dataclass
class Parsed(HTMLParser):
    """The elements, attributes and text of a page, as a browser would understand them."""

    html: str
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._inside_style = False
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self._inside_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._inside_style = False

    def handle_data(self, data: str) -> None:
        if self._inside_style:
            self.styles.append(data)
        else:
            self.text += data


def parsed(document: InvoiceDocument) -> Parsed:
    return Parsed(render_html(document).decode())


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_page_shows_everything_the_document_says(name: str) -> None:
    document = samples()[name]
    page = parsed(document)
    for text in (
        document.number,
        document.company.name,
        document.payer.name,
        document.company.bank.bic,
        *(line.description.removeprefix("Setup of ") for line in document.lines),
    ):
        assert text in page.text
    assert ("path" in page.tags) is (document.asks_for_money and document.currency != "JPY")


def test_a_page_asks_for_nothing_from_anywhere() -> None:
    """It can be stored, mailed and opened without a network, and tells nobody that it was."""
    for document in samples().values():
        page = parsed(document)
        assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form"})
        assert page.attributes.isdisjoint({"src", "href", "style", "srcset", "action"})
        assert "url(" not in page.styles[0]
        assert "@import" not in page.styles[0]


def test_what_anybody_wrote_stays_text(hostile: InvoiceDocument, bait: Any) -> None:
    """Every injection is there to be read, none became an element or an attribute."""
    clean, page = parsed(samples()["german"]), parsed(hostile)
    assert page.tags - {"p"} <= clean.tags
    assert page.attributes <= clean.attributes
    assert page.styles == clean.styles
    for injection in bait.texts():
        assert injection in page.text
    assert str(1234 * 5678) not in page.text
    assert bait.visits == []


def test_the_policy_lets_only_the_style_of_the_page_in() -> None:
    """Were an injection to succeed after all, the browser would still refuse it."""
    policy = content_security_policy()
    style = parsed(samples()["german"]).styles[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert policy.endswith("sandbox")
