"""An ispmanager as a real HTTP server, for tests and the demo."""

from billing_ispmanager_hosting.simulator.panel import IspmanagerPanel
from billing_ispmanager_hosting.simulator.records import HostedUser, Site
from billing_ispmanager_hosting.simulator.zones import Zone, ZoneRecord

__all__ = ["HostedUser", "IspmanagerPanel", "Site", "Zone", "ZoneRecord"]
