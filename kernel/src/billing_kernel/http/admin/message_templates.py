"""Message templates: what clients are written."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import templating
from billing_kernel.domain.message_texts import STANDARD
from billing_kernel.domain.messages import OCCASIONS
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.messages import Occasion
from billing_kernel.http.shapes.templates import (
    ChangeMessageTemplate,
    CreateMessageTemplate,
    MessageTemplate,
)

PATH, ONE = "/message-templates", "/message-templates/{message_template_id:int}"
TAGS = ["Administration: templates"]


@get(PATH, operation_id="adminListMessageTemplates", tags=TAGS, sync_to_thread=True)
def list_message_templates(kernel: GivenKernel, paging: GivenPaging) -> Page[MessageTemplate]:
    """Every message template."""
    return rows.listed(kernel, models.MessageTemplate, paging, MessageTemplate.of)


@get(f"{PATH}/macros", operation_id="adminListMacros", tags=TAGS, sync_to_thread=True)
def list_macros() -> Page[Occasion]:
    """What templates can be for, by key, and the macros of each; on one page.

    A template without a key has the macros of `service.activated`: tariff plans name it.
    """
    return Page(
        [
            Occasion(
                key=key,
                event=occasion.event,
                title=occasion.title,
                audience=occasion.audience,
                macros=occasion.macros,
                subject=STANDARD[key].subject,
                body=STANDARD[key].body,
            )
            for key, occasion in OCCASIONS.items()
        ]
    )


@post(PATH, operation_id="adminCreateMessageTemplate", tags=TAGS, sync_to_thread=True)
def create_message_template(
    once: GivenOnce, data: JSONBody[CreateMessageTemplate]
) -> Response[MessageTemplate]:
    """Write a message; what can't be filled in is refused."""
    columns = msgspec.structs.asdict(data)
    return once.answer(
        lambda session: MessageTemplate.of(templating.create_message_template(session, columns))
    )


@get(ONE, operation_id="adminGetMessageTemplate", tags=TAGS, sync_to_thread=True)
def get_message_template(
    kernel: GivenKernel, message_template_id: FromPath[int]
) -> MessageTemplate:
    """One message template."""
    return rows.shown(kernel, models.MessageTemplate, message_template_id, MessageTemplate.of)


@patch(ONE, operation_id="adminChangeMessageTemplate", tags=TAGS, sync_to_thread=True)
def change_message_template(
    kernel: GivenKernel, message_template_id: FromPath[int], data: JSONBody[ChangeMessageTemplate]
) -> MessageTemplate:
    """Change a message; what is left out stays."""
    columns = given(data)
    return kernel.database.run(
        lambda session: MessageTemplate.of(
            templating.change_message_template(session, message_template_id, columns)
        )
    )


@delete(ONE, operation_id="adminDeleteMessageTemplate", tags=TAGS, sync_to_thread=True)
def delete_message_template(kernel: GivenKernel, message_template_id: FromPath[int]) -> None:
    """Delete a message that nothing uses; 409 names the users."""
    rows.removed(kernel, models.MessageTemplate, message_template_id)


HANDLERS = [
    list_message_templates,
    list_macros,
    create_message_template,
    get_message_template,
    change_message_template,
    delete_message_template,
]
