"""Where gateways tell what became of payments; some send the payer's browser along."""

from typing import Any, TypeAlias

from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation

from billing_hookspecs import Notification
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.noticing import take_notification
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.shapes.base import Answer

PATH = "/notifications/{payment_method_id:int}"
TAGS = ["Notifications of gateways"]

GivenNotification: TypeAlias = NamedDependency[SkipValidation[Notification]]


class Heard(Answer):
    """How many facts about payments the notification had; they are booked."""

    facts: int


async def provide_notification(request: Request[Any, Any, Any]) -> Notification:
    """The request as it came: gateways sign every byte of it."""
    return Notification(
        request.method,
        {name.lower(): value for name, value in request.headers.items()},
        dict(request.query_params.multi_items()),
        await request.body(),
    )


HEARING = {"notification": Provide(provide_notification)}


@post(
    PATH,
    operation_id="takeNotification",
    tags=TAGS,
    status_code=200,
    dependencies=HEARING,
    sync_to_thread=True,
)
def take(
    kernel: GivenKernel, payment_method_id: FromPath[int], notification: GivenNotification
) -> Heard:
    """A gateway tells of payments. Answered only once it is booked; otherwise send it again."""
    return _heard(kernel, payment_method_id, notification)


@get(
    PATH,
    operation_id="takeNotificationByAddress",
    tags=TAGS,
    dependencies=HEARING,
    sync_to_thread=True,
)
def take_by_address(
    kernel: GivenKernel, payment_method_id: FromPath[int], notification: GivenNotification
) -> Heard:
    """The same, for gateways that put everything into the address."""
    return _heard(kernel, payment_method_id, notification)


def _heard(kernel: Kernel, payment_method_id: int, notification: Notification) -> Heard:
    return Heard(facts=take_notification(kernel, payment_method_id, notification))


HANDLERS = [take, take_by_address]
