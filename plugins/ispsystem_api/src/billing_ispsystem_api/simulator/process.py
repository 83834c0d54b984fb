"""Runs a simulated panel as a process of its own, which survives the workers it serves."""

import signal
import sys
from types import FrameType

from billing_ispsystem_api.simulator.panel import Panel
from billing_ispsystem_api.simulator.server import PanelServer


def serve(panel: Panel, port: int, host: str = "127.0.0.1") -> None:
    """Print the base address on one line, then serve until SIGTERM or SIGINT."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    server = PanelServer(panel, port, host)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()
