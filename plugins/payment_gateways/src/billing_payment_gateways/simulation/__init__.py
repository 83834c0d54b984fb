"""What the simulators of gateways are made of: a real HTTP server with faults on demand.

A simulator answers requests as an ``App``, and is served with ``SimulatorServer`` in a test or
with ``serve`` as a process of its own. Simulators share no code with the drivers, so that one
mistake can't hide in both.
"""

from billing_payment_gateways.simulation.faults import Fault, FaultBoard, FaultKind
from billing_payment_gateways.simulation.messages import App, Request, Response, json_response
from billing_payment_gateways.simulation.notices import Notice, NoticeBoard, When
from billing_payment_gateways.simulation.notifying import NotifyingApp
from billing_payment_gateways.simulation.process import serve
from billing_payment_gateways.simulation.request_log import LoggedRequest, RequestLog
from billing_payment_gateways.simulation.server import SimulatorServer

__all__ = [
    "App",
    "Fault",
    "FaultBoard",
    "FaultKind",
    "LoggedRequest",
    "Notice",
    "NoticeBoard",
    "NotifyingApp",
    "Request",
    "RequestLog",
    "Response",
    "SimulatorServer",
    "When",
    "json_response",
    "serve",
]
