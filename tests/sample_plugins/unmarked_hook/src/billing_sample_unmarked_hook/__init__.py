"""Broken: forgot the marker, so the hook would never be called."""

from collections.abc import Sequence

from billing_hookspecs import Adjustment, PluginManifest, QuoteView


class Plugin:
    MANIFEST = PluginManifest(name="unmarked_hook", title="Unmarked hook", api=">=1.0,<2")

    def billing_adjust_price(self, quote: QuoteView) -> Sequence[Adjustment]:
        return ()
