"""The entry point: hands the policy over to the kernel."""

from billing_hookspecs import PluginManifest, PricingPolicy, impl
from billing_sample_part_refund.policy import PartRefund


class PartRefundPlugin:
    MANIFEST = PluginManifest(name="part_refund", title="Part refund", api=">=1.0,<2")

    @impl
    def billing_pricing_policies(self) -> tuple[PricingPolicy, ...]:
        return (PartRefund(),)
