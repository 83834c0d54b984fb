"""A panel as a real HTTP server: what the simulators of the products are made of.

A product subclasses ``Panel``, marks its methods with ``function`` and serves itself with
``PanelServer`` in a test or with ``serve`` as a process of its own. The simulator shares no
code with the client, so that one mistake can't hide in both.
"""

from billing_ispsystem_api.simulator.faults import Fault, FaultBoard
from billing_ispsystem_api.simulator.panel import (
    ADMINISTRATOR,
    RESELLER,
    USER,
    Call,
    Panel,
    function,
)
from billing_ispsystem_api.simulator.process import serve
from billing_ispsystem_api.simulator.replies import Branch, RefusalError, Reply, Text
from billing_ispsystem_api.simulator.request_log import LoggedRequest, RequestLog
from billing_ispsystem_api.simulator.server import PanelServer

__all__ = [
    "ADMINISTRATOR",
    "RESELLER",
    "USER",
    "Branch",
    "Call",
    "Fault",
    "FaultBoard",
    "LoggedRequest",
    "Panel",
    "PanelServer",
    "RefusalError",
    "Reply",
    "RequestLog",
    "Text",
    "function",
    "serve",
]
