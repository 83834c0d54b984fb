"""Texts that would like to be more than text, and a server that hears of it if they are."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from billing_kernel.documents import Bank, InvoiceDocument
from billing_kernel.documents.samples import samples

SECRET = "the-secret-of-this-machine"


class Bait:
    """A web server and a file that no document may reach; ``visits`` are paths asked for."""

    def __init__(self, folder: Path) -> None:
        self.visits: list[str] = []
        self.file = folder / "secret.txt"
        self.file.write_text(SECRET)
        bait = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                bait.visits.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def texts(self) -> list[str]:
        """Injections for HTML, Jinja, typst, XML and stylesheets."""
        return [
            f'<script src="{self.url}/s.js"></script>',
            f'<img src={self.url}/i.png onerror=alert(1)><link rel=attachment href="{self.file}">',
            f'"><svg onload=alert(1)><image href="file://{self.file}"/></svg>',
            "{{ ''.__class__.__mro__ }}{% for i in range(10**9) %}x{% endfor %}{{1234*5678}}",
            f'#read("{self.file}")#image("{self.url}/t.png")#panic("x")#(1234*5678) *b* @ref <a>',
            f'#import "@preview/tiaoma:0.3.0"; #include "{self.file}"\\',
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{self.file}">]>&e;]]>',
            f"</style><style>@import url({self.url}/c.css)</style>",
        ]


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[Bait]:
    made = Bait(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def hostile(bait: Bait) -> InvoiceDocument:
    """An invoice with an injection in everything that somebody else wrote."""
    document = samples()["german"]
    texts = bait.texts()
    everything = " ".join(texts)
    party = replace(
        document.payer,
        name=texts[0],
        address="\n".join(texts),
        tax_id=texts[3],
        vat_number=texts[4],
        bank=Bank(*texts[:5], iban=texts[5]),
    )
    lines = tuple(
        replace(document.lines[0], description=text, kind=text) for text in [*texts, everything]
    )
    return replace(document, payer=party, lines=lines, tax_note=texts[0])


@pytest.fixture
def secret(bait: Bait) -> str:
    """What stands in the file of the bait."""
    return SECRET
