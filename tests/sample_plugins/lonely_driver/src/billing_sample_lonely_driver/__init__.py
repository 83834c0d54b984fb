"""Broken: returns one product type where several are expected."""

from billing_hookspecs import PluginManifest, ProductType, impl


class Plugin:
    MANIFEST = PluginManifest(name="lonely_driver", title="Lonely driver", api=">=1.0,<2")

    @impl
    def billing_product_types(self) -> ProductType:
        return ProductType("lonely", {"en": "Lonely"})
