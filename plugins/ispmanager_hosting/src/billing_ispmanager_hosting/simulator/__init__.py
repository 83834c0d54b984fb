"""An ispmanager as a real HTTP server, for tests and the demo."""

from billing_ispmanager_hosting.simulator.panel import IspmanagerPanel
from billing_ispmanager_hosting.simulator.records import HostedUser, Site

__all__ = ["HostedUser", "IspmanagerPanel", "Site"]
