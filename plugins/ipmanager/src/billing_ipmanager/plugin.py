"""The entry point: what the kernel finds when this distribution is installed."""

from billing_hookspecs import IpAllocator, PluginManifest, impl
from billing_ipmanager.ipmanager import Ipmanager
from billing_ipmanager.stand_in import IspmanagerStandIn


class IpmanagerPlugin:
    MANIFEST = PluginManifest(name="ipmanager", title="IP addresses of IPmanager", api=">=1.0,<2")

    @impl
    def billing_ip_allocators(self) -> tuple[IpAllocator, ...]:
        return (Ipmanager(), IspmanagerStandIn())
