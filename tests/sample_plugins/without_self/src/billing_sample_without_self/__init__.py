"""Broken: a hook that can't be called as a method."""

from billing_hookspecs import PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(name="without_self", title="Without self", api=">=1.0,<2")

    @impl
    def billing_on_event() -> None:
        pass
