"""The entry point: what the kernel finds when this distribution is installed."""

from billing_hookspecs import NameServer, PluginManifest, ProcessingModule, ProductType, impl
from billing_ispmanager_hosting.name_server import IspmanagerNameServer
from billing_ispmanager_hosting.processing import IspmanagerHosting
from billing_ispmanager_hosting.product_types import SHARED_HOSTING


class IspmanagerHostingPlugin:
    MANIFEST = PluginManifest(
        name="ispmanager_hosting", title="Hosting on ispmanager 6", api=">=1.0,<2"
    )

    @impl
    def billing_product_types(self) -> tuple[ProductType, ...]:
        return (SHARED_HOSTING,)

    @impl
    def billing_processing_modules(self) -> tuple[ProcessingModule, ...]:
        return (IspmanagerHosting(),)

    @impl
    def billing_name_servers(self) -> tuple[NameServer, ...]:
        return (IspmanagerNameServer(),)
