"""An IPmanager, and an ispmanager that stands in for one, as real HTTP servers."""

from billing_ipmanager.simulator.ipmanager import IpmanagerPanel
from billing_ipmanager.simulator.stand_in import StandInPanel

__all__ = ["IpmanagerPanel", "StandInPanel"]
