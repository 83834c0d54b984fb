"""``GET …/invoices/{id}/document``: the right form, to the right people, as a file that is safe."""

import base64
import hashlib
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from billing_kernel.application import documenting
from billing_kernel.application.documenting import Form
from billing_kernel.documents import InvoiceDocument, RenderingError
from billing_kernel.models import Invoice, Payer

Http = TestClient[Litestar]
Headers = dict[str, str]
Order = Callable[..., Invoice]
MakePayer = Callable[..., Payer]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def path(invoice: Invoice, area: str = "") -> str:
    return f"/api/v1{area}/invoices/{invoice.id}/document"


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/*", "application/json"])
def test_a_document_is_a_pdf_to_save(
    http: Http, client: Headers, order: Order, accept: str
) -> None:
    """What people mean by an invoice, whatever their tool says that it accepts."""
    invoice = order()
    answer = http.get(path(invoice), headers={**client, "Accept": accept})
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="INV-000001.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


@pytest.mark.parametrize("accept", ["text/html", BROWSER, "text/html, application/pdf;q=0.5"])
def test_a_browser_gets_a_page_that_may_load_nothing(
    http: Http, client: Headers, order: Order, accept: str
) -> None:
    """Shown in place, under a policy that lets in the page's own style and nothing else."""
    answer = http.get(path(order()), headers={**client, "Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="INV-000001.html"'
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert policy.endswith("sandbox")


def test_software_gets_the_e_invoice(
    http: Http, client: Headers, order: Order, make_payer: MakePayer
) -> None:
    """Booked by the recipient without anybody typing."""
    invoice = order(make_payer())
    answer = http.get(path(invoice), headers={**client, "Accept": "application/xml"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/xml"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="INV-000001.xml"'
    assert "urn:cen.eu:en16931:2017" in answer.text
    assert "Reverse charge" in answer.text


def test_where_there_can_be_no_e_invoice_every_reason_is_given(
    http: Http, client: Headers, order: Order, make_payer: MakePayer
) -> None:
    """Another request for it wouldn't help; another payer might."""
    invoice = order(make_payer(country="CH", vat_number=""))
    answer = http.get(path(invoice), headers={**client, "Accept": "application/xml"})
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "document.no_e_invoice"
    assert "the payer isn't in the European Union" in problem["detail"]


def test_documents_are_for_their_client_and_administrators(
    http: Http, client: Headers, stranger: Headers, administrator: Headers, order: Order
) -> None:
    """Somebody else's invoice is as unknown as one that isn't there."""
    invoice = order()
    assert http.get(path(invoice)).status_code == 401
    foreign = http.get(path(invoice), headers=stranger)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert http.get("/api/v1/invoices/999/document", headers=client).status_code == 404
    assert http.get(path(invoice, "/admin"), headers=client).status_code == 403
    mine = http.get(path(invoice), headers=client)
    theirs = http.get(path(invoice, "/admin"), headers=administrator)
    assert (mine.status_code, theirs.status_code) == (200, 200)
    assert mine.content == theirs.content


def test_what_a_payer_is_called_stays_text(
    http: Http, client: Headers, order: Order, make_payer: MakePayer
) -> None:
    """All the way from the row to the browser."""
    name = "<script>alert(1)</script>{{ 7 * 7 }}#panic(1)\N{RIGHT-TO-LEFT OVERRIDE}"
    invoice = order(make_payer(name=name))
    page = http.get(path(invoice), headers={**client, "Accept": "text/html"}).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}#panic(1)</p>" in page
    assert http.get(path(invoice), headers=client).status_code == 200


def test_without_the_renderer_the_answer_says_what_to_install(
    http: Http, client: Headers, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the operator who reads this, and the page is there in the meantime."""
    monkeypatch.setitem(sys.modules, "typst", None)
    invoice = order()
    answer = http.get(path(invoice), headers=client)
    assert (answer.status_code, answer.json()["code"]) == (503, "document.renderer_missing")
    assert "pip install 'billing-kernel[documents]'" in answer.json()["detail"]
    assert http.get(path(invoice), headers={**client, "Accept": "text/html"}).status_code == 200


def test_a_renderer_that_fails_is_not_explained_to_clients(
    http: Http, client: Headers, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try again later is all that a client needs; the inside of a fault is for the log."""

    invoice = order()
    for fault in (OSError("/secret/place is full"), RenderingError("typst: /secret/place: no")):

        def fail(document: InvoiceDocument, fault: Exception = fault) -> bytes:
            raise fault

        monkeypatch.setitem(documenting.RENDERERS, Form.PDF, fail)
        answer = http.get(path(invoice), headers=client)
        assert (answer.status_code, answer.json()["code"]) == (503, "document.rendering_failed")
        assert "secret" not in answer.text


def test_the_api_describes_every_form(http: Http) -> None:
    """Frontends are generated from it."""
    described: dict[str, Any] = http.get("/schema/openapi.json").json()
    for address in ("/api/v1/invoices", "/api/v1/admin/invoices"):
        operation = described["paths"][f"{address}/{{invoice_id}}/document"]["get"]
        assert set(operation["responses"]["200"]["content"]) == {str(form) for form in Form}
