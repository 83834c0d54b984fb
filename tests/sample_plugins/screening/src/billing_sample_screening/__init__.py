"""Good: objects to large orders."""

from billing_hookspecs import Objection, OrderView, PluginManifest, impl


class Plugin:
    MANIFEST = PluginManifest(name="screening", title="Screening", api=">=1.0,<2")

    @impl
    def billing_screen_order(self, order: OrderView) -> Objection | None:
        if order.quantity <= 10:
            return None
        return Objection("screening.too_many", "At most ten at a time, please.")
