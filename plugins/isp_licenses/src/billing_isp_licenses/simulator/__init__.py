"""The vendor's selling BILLmanager as a real HTTP server, for tests and the demo.

In a test: ``with PanelServer(SellingPanel()) as server:``. As a process that outlives the
workers it serves: ``python -m billing_isp_licenses.simulator --port 0``.
"""

from billing_isp_licenses.simulator.goods import Account, SoldLicense, Tariff, TariffAddon
from billing_isp_licenses.simulator.selling import SellingPanel
from billing_ispsystem_api.simulator import PanelServer

__all__ = ["Account", "PanelServer", "SellingPanel", "SoldLicense", "Tariff", "TariffAddon"]
