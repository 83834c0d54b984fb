"""The entry point: what the kernel finds when it looks for plugins."""

from collections.abc import Sequence

from billing_hookspecs import PluginManifest, ProcessingModule, ProductType, impl
from billing_isp_licenses.processing import IspLicenses
from billing_isp_licenses.product_types import ISP_LICENSE


class IspLicensesPlugin:
    """Hands over the product type and the driver that sells it."""

    MANIFEST = PluginManifest(name="isp_licenses", title="ISPsystem licenses", api=">=1.0,<2")

    @impl
    def billing_product_types(self) -> Sequence[ProductType]:
        return (ISP_LICENSE,)

    @impl
    def billing_processing_modules(self) -> Sequence[ProcessingModule]:
        return (IspLicenses(),)
