"""For plugin authors: conformance suites, a fault proxy and contexts for tests.

Installed with ``pip install "billing-hookspecs[testing]"``. A suite is inherited by a test
class that supplies a few fixtures; the fixtures are described in the suite's docstring.
"""

from billing_hookspecs.testing._assertions import REWRITTEN as REWRITTEN
from billing_hookspecs.testing.allocators.conformance import IpAllocatorConformance
from billing_hookspecs.testing.channels.conformance import (
    Delivered,
    NotificationChannelConformance,
    RemoteChannelConformance,
)
from billing_hookspecs.testing.contexts import make_context
from billing_hookspecs.testing.fault_proxy import Exchange, Fault, FaultProxy
from billing_hookspecs.testing.gateways.conformance import PaymentGatewayConformance
from billing_hookspecs.testing.gateways.manual import ManualGatewayConformance
from billing_hookspecs.testing.name_servers.conformance import NameServerConformance
from billing_hookspecs.testing.plugins import PluginConformance
from billing_hookspecs.testing.policies.conformance import PricingPolicyConformance
from billing_hookspecs.testing.processing.conformance import ProcessingModuleConformance
from billing_hookspecs.testing.processing.manual import ManualModuleConformance
from billing_hookspecs.testing.product_types import ProductTypeConformance
from billing_hookspecs.testing.samples import sample_service, sample_start_payment
from billing_hookspecs.testing.suite import ConformanceSuite
from billing_hookspecs.testing.wire import through_json

__all__ = [
    "ConformanceSuite",
    "Delivered",
    "Exchange",
    "Fault",
    "FaultProxy",
    "IpAllocatorConformance",
    "ManualGatewayConformance",
    "ManualModuleConformance",
    "NameServerConformance",
    "NotificationChannelConformance",
    "PaymentGatewayConformance",
    "PluginConformance",
    "PricingPolicyConformance",
    "ProcessingModuleConformance",
    "ProductTypeConformance",
    "RemoteChannelConformance",
    "make_context",
    "sample_service",
    "sample_start_payment",
    "through_json",
]
