"""Broken: a hook's name is misspelt."""

from collections.abc import Sequence

from billing_hookspecs import Adjustment, PluginManifest, QuoteView, impl


class Plugin:
    MANIFEST = PluginManifest(name="misspelt_hook", title="Misspelt hook", api=">=1.0,<2")

    @impl
    def billing_adjust_prices(self, quote: QuoteView) -> Sequence[Adjustment]:
        return ()
