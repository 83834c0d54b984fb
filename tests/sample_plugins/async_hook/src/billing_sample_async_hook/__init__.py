"""Broken: a coroutine that nobody would await."""

from billing_hookspecs import Event, PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(name="async_hook", title="Async hook", api=">=1.0,<2")

    @impl
    async def billing_on_event(self, event: Event) -> None:
        pass
