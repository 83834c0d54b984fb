"""Good: a discount for returning clients."""

from collections.abc import Sequence

from billing_hookspecs import Adjustment, PluginManifest, QuoteView, impl


class Plugin:
    MANIFEST = PluginManifest(name="loyalty", title="Loyalty", api=">=1.0,<2")

    @impl
    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        if quote.client_id is None:
            return ()
        return (Adjustment(-quote.net.amount_minor // 10, "Loyalty discount", "loyalty.tenth"),)
