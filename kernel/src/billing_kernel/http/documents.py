"""Documents of invoices: PDF for the records, HTML to look at, XML for machines."""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Request, Response, get
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from billing_kernel.application.documenting import Form, RenderedDocument, document_of
from billing_kernel.documents import content_security_policy
from billing_kernel.http.auth import GivenCaller, GivenKernel

TAGS = ["Invoices"]
NOTHING: Final = "default-src 'none'; sandbox"
"""What a browser may load for a file that isn't a page."""


@dataclass
class DocumentOperation(Operation):
    """Names every form of the document in the description of the API."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse):
            text = Schema(type=OpenAPIType.STRING)
            answer.description = "The document, in the form that Accept asks for."
            answer.content = {str(form): OpenAPIMediaType(schema=text) for form in Form}


@get(
    "/invoices/{invoice_id:int}/document",
    operation_id="getInvoiceDocument",
    tags=TAGS,
    operation_class=DocumentOperation,
    media_type=Form.PDF,
    sync_to_thread=True,
)
def get_document(
    request: Request[Any, Any, Any],
    kernel: GivenKernel,
    caller: GivenCaller,
    invoice_id: FromPath[int],
) -> Response[bytes]:
    """One of your invoices as PDF, as HTML or, inside the EU, as an e-invoice by EN 16931."""
    return file_answer(document_of(kernel, invoice_id, wanted_form(request), caller.id))


def wanted_form(request: Request[Any, Any, Any]) -> Form:
    """The form that the caller would rather have; PDF if that is all the same."""
    return Form(request.accept.best_match([str(form) for form in Form], default=str(Form.PDF)))


def file_answer(document: RenderedDocument) -> Response[bytes]:
    """A document as a file that a browser saves, or as a page that can only be looked at."""
    is_page = document.form is Form.HTML
    disposition = "inline" if is_page else "attachment"
    return Response(
        document.content,
        media_type=str(document.form),
        headers={
            "Content-Disposition": f'{disposition}; filename="{document.file_name}"',
            "Content-Security-Policy": content_security_policy() if is_page else NOTHING,
            "ETag": f'"{document.sha256}"',
            "Vary": "Accept",
        },
    )
