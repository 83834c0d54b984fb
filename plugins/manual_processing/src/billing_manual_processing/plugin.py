"""The entry point: what the kernel finds when this distribution is installed."""

from billing_hookspecs import PluginManifest, ProcessingModule, ProductType, impl
from billing_manual_processing.processing import ManualProcessing
from billing_manual_processing.product_types import DEDICATED_SERVER, VPS


class ManualProcessingPlugin:
    MANIFEST = PluginManifest(
        name="manual_processing", title="VPS and dedicated servers by hand", api=">=1.0,<2"
    )

    @impl
    def billing_product_types(self) -> tuple[ProductType, ...]:
        return (VPS, DEDICATED_SERVER)

    @impl
    def billing_processing_modules(self) -> tuple[ProcessingModule, ...]:
        return (ManualProcessing(),)
