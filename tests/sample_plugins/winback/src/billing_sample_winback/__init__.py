"""Good: a discount that would like to be asked first."""

from collections.abc import Sequence

from billing_hookspecs import Adjustment, PluginManifest, QuoteView, impl


class Plugin:
    MANIFEST = PluginManifest(name="winback", title="Winback", api=">=1.0,<2")

    @impl(tryfirst=True)
    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        return (Adjustment(-100, "Welcome back", "winback.fixed"),)
