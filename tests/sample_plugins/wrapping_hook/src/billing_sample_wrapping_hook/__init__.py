"""Broken: wraps the answers of other plugins."""

from collections.abc import Generator, Sequence

from billing_hookspecs import Adjustment, PluginManifest, QuoteView, impl


class Plugin:
    MANIFEST = PluginManifest(name="wrapping_hook", title="Wrapping hook", api=">=1.0,<2")

    @impl(wrapper=True)
    def billing_adjust_price(
        self, quote: QuoteView
    ) -> Generator[None, list[Sequence[Adjustment]], list[Sequence[Adjustment]]]:
        yield
        return []
