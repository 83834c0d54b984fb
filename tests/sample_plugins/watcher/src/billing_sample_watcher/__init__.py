"""Good: writes down the events that it hears."""

import os

from billing_hookspecs import Event, PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(name="watcher", title="Watcher", api=">=1.0,<2")

    @impl
    def billing_on_event(self, event: Event) -> None:
        with open(os.environ["SAMPLE_WATCHER_FILE"], "a", encoding="utf-8") as file:
            file.write(f"{event.id} {event.name}\n")

    @impl(optionalhook=True)
    def billing_hook_of_a_later_version(self) -> None:
        """Known to a later contract only; marked so that this one may go without it."""
