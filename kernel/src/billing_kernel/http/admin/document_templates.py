"""Document templates: texts such as agreements."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import templating
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.templates import (
    ChangeDocumentTemplate,
    CreateDocumentTemplate,
    DocumentTemplate,
)

PATH, ONE = "/document-templates", "/document-templates/{document_template_id:int}"
TAGS = ["Administration: templates"]


@get(PATH, operation_id="adminListDocumentTemplates", tags=TAGS, sync_to_thread=True)
def list_document_templates(kernel: GivenKernel, paging: GivenPaging) -> Page[DocumentTemplate]:
    """Every document template."""
    return rows.listed(kernel, models.DocumentTemplate, paging, DocumentTemplate.of)


@post(PATH, operation_id="adminCreateDocumentTemplate", tags=TAGS, sync_to_thread=True)
def create_document_template(
    once: GivenOnce, data: JSONBody[CreateDocumentTemplate]
) -> Response[DocumentTemplate]:
    """Write a text; it is shown as it is."""
    columns = msgspec.structs.asdict(data)
    return once.answer(
        lambda session: DocumentTemplate.of(templating.create_document_template(session, columns))
    )


@get(ONE, operation_id="adminGetDocumentTemplate", tags=TAGS, sync_to_thread=True)
def get_document_template(
    kernel: GivenKernel, document_template_id: FromPath[int]
) -> DocumentTemplate:
    """One document template."""
    return rows.shown(kernel, models.DocumentTemplate, document_template_id, DocumentTemplate.of)


@patch(ONE, operation_id="adminChangeDocumentTemplate", tags=TAGS, sync_to_thread=True)
def change_document_template(
    kernel: GivenKernel, document_template_id: FromPath[int], data: JSONBody[ChangeDocumentTemplate]
) -> DocumentTemplate:
    """Change a text; orders keep the fingerprint of what they accepted."""
    columns = given(data)
    return kernel.database.run(
        lambda session: DocumentTemplate.of(
            templating.change_document_template(session, document_template_id, columns)
        )
    )


@delete(ONE, operation_id="adminDeleteDocumentTemplate", tags=TAGS, sync_to_thread=True)
def delete_document_template(kernel: GivenKernel, document_template_id: FromPath[int]) -> None:
    """Delete a text that nothing uses; 409 names the users."""
    rows.removed(kernel, models.DocumentTemplate, document_template_id)


HANDLERS = [
    list_document_templates,
    create_document_template,
    get_document_template,
    change_document_template,
    delete_document_template,
]
