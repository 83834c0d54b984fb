"""Notification channels: drivers with their settings, which carry messages to people."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from billing_kernel import models
from billing_kernel.application.reaching import change_channel, check_channel, create_channel
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.connections import ConnectionChecked
from billing_kernel.http.shapes.messages import (
    ChangeNotificationChannel,
    CheckNotificationChannel,
    CreateNotificationChannel,
    NotificationChannel,
)

PATH, ONE = "/notification-channels", "/notification-channels/{notification_channel_id:int}"
TAGS = ["Administration: notification channels"]


@get(PATH, operation_id="adminListNotificationChannels", tags=TAGS, sync_to_thread=True)
def list_channels(kernel: GivenKernel, paging: GivenPaging) -> Page[NotificationChannel]:
    """Every channel."""
    return rows.listed(kernel, models.NotificationChannel, paging, NotificationChannel.of)


@post(PATH, operation_id="adminCreateNotificationChannel", tags=TAGS, sync_to_thread=True)
def create(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateNotificationChannel]
) -> Response[NotificationChannel]:
    """Set up a way to reach people; the driver's form checks the settings."""
    columns = {
        "name": data.name,
        "provider_id": data.provider_id,
        "is_enabled": data.enabled,
        "sort": data.sort,
    }
    return once.answer(
        lambda session: NotificationChannel.of(
            create_channel(session, kernel, data.driver, data.settings, columns)
        )
    )


@get(ONE, operation_id="adminGetNotificationChannel", tags=TAGS, sync_to_thread=True)
def get_channel(kernel: GivenKernel, notification_channel_id: FromPath[int]) -> NotificationChannel:
    """One channel."""
    model = models.NotificationChannel
    return rows.shown(kernel, model, notification_channel_id, NotificationChannel.of)


@patch(ONE, operation_id="adminChangeNotificationChannel", tags=TAGS, sync_to_thread=True)
def change(
    kernel: GivenKernel,
    notification_channel_id: FromPath[int],
    data: JSONBody[ChangeNotificationChannel],
) -> NotificationChannel:
    """Change a channel; settings that are left out stay."""
    settings = None if data.settings is UNSET else data.settings
    return kernel.database.run(
        lambda session: NotificationChannel.of(
            change_channel(session, kernel, notification_channel_id, settings, data.columns())
        )
    )


@delete(ONE, operation_id="adminDeleteNotificationChannel", tags=TAGS, sync_to_thread=True)
def delete_channel(kernel: GivenKernel, notification_channel_id: FromPath[int]) -> None:
    """Delete a channel that no message went by; disable others. 409 names the messages."""
    rows.removed(kernel, models.NotificationChannel, notification_channel_id)


@post(
    f"{ONE}/check",
    operation_id="adminCheckNotificationChannel",
    tags=TAGS,
    status_code=200,
    sync_to_thread=True,
)
def check(
    kernel: GivenKernel,
    notification_channel_id: FromPath[int],
    data: JSONBody[CheckNotificationChannel],
) -> ConnectionChecked:
    """Send a test message now; 422 and 503 say why it wasn't taken."""
    summary = check_channel(kernel, notification_channel_id, data.recipient)
    return ConnectionChecked(summary=summary, facts={})


HANDLERS = [list_channels, create, get_channel, change, delete_channel, check]
