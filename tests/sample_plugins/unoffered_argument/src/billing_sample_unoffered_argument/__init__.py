"""Broken: asks for an argument that the hook doesn't offer."""

from billing_hookspecs import OrderView, PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(name="unoffered_argument", title="Unoffered argument", api=">=1.0,<2")

    @impl
    def billing_screen_order(self, order: OrderView, database: object) -> None:
        pass
