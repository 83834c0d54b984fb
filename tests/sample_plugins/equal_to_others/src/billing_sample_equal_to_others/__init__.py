"""Broken: a data class, so pluggy can't tell it from others."""

from dataclasses import dataclass

from billing_hookspecs import Event, PluginManifest, impl


@dataclass
class Plugin:
    MANIFEST = PluginManifest(name="equal_to_others", title="Equal to others", api=">=1.0,<2")

    @impl
    def billing_on_event(self, event: Event) -> None:
        pass
