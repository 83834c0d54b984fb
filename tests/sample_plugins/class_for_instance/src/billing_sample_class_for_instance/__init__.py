"""Broken: hands over a class instead of an instance."""

from billing_hookspecs import (
    Context,
    Message,
    NotificationChannel,
    PluginManifest,
    impl,
)


class Pigeon(NotificationChannel):
    key = "pigeon"
    title = {"en": "Carrier pigeon"}

    def send(self, message: Message, context: Context) -> None:
        pass


class Plugin:
    MANIFEST = PluginManifest(name="class_for_instance", title="Class", api=">=1.0,<2")

    @impl
    def billing_notification_channels(self) -> tuple[type[NotificationChannel], ...]:
        return (Pigeon,)
