"""The HTTP dialect that the ISPsystem products share: client and simulator."""

from billing_ispsystem_api.client import PanelClient, endpoint
from billing_ispsystem_api.document import DocumentError, Node, Refusal, parse
from billing_ispsystem_api.errors import PanelRefusedError, PanelSetupError

__all__ = [
    "DocumentError",
    "Node",
    "PanelClient",
    "PanelRefusedError",
    "PanelSetupError",
    "Refusal",
    "endpoint",
    "parse",
]
