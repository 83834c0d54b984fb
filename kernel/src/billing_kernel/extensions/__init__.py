"""Plugins: finding, examining, holding and calling them."""

from billing_kernel.extensions.calling import open_context
from billing_kernel.extensions.errors import (
    DriverFaultError,
    NotReleasableError,
    PluginFaultError,
    PluginQuarantinedError,
    UnknownDriverError,
    UnknownPluginError,
)
from billing_kernel.extensions.installed import Extensions
from billing_kernel.extensions.loader import load_extensions
from billing_kernel.extensions.quarantine import Reason
from billing_kernel.extensions.records import DriverName, PluginRecord, PluginStatus
from billing_kernel.extensions.registries import PolicyRegistry, Registry

__all__ = [
    "DriverFaultError",
    "DriverName",
    "Extensions",
    "NotReleasableError",
    "PluginFaultError",
    "PluginQuarantinedError",
    "PluginRecord",
    "PluginStatus",
    "PolicyRegistry",
    "Reason",
    "Registry",
    "UnknownDriverError",
    "UnknownPluginError",
    "load_extensions",
    "open_context",
]
