"""An honest plugin; tests plant bugs in copies of it."""

from billing_hookspecs import (
    Event,
    FieldKind,
    FormField,
    NotificationChannel,
    PluginManifest,
    ProductType,
    ResourceType,
    ValueType,
    impl,
)

HOSTNAME = FormField("hostname", {"en": "Host name"}, FieldKind.DOMAIN, required=False)
SERVER = ProductType(
    key="sample_server",
    title={"en": "Server"},
    order_form=(HOSTNAME,),
    resource_types=(
        ResourceType("disk_space", {"en": "Disk"}, unit="GiB", default=20, minimum=10, step=5),
        ResourceType("ram", {"en": "RAM"}, unit="MiB", default=512, minimum=512, maximum=4096),
        ResourceType("panel", {"en": "Panel"}, ValueType.BOOLEAN),
    ),
    default_addons=("disk_space", "ram"),
)


class Pigeon(NotificationChannel):
    key = "pigeon"
    title = {"en": "Pigeon"}

    def send(self, message, context):
        return None


class SamplePlugin:
    MANIFEST = PluginManifest(name="sample_plugin", title="Sample", api=">=1.0,<2")

    @impl
    def billing_product_types(self):
        return (SERVER,)

    @impl
    def billing_notification_channels(self):
        return (Pigeon(),)

    @impl
    def billing_on_event(self, event: Event) -> None:
        return None
