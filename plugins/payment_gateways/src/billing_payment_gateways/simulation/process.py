"""Runs a simulated gateway as a process of its own, which survives the workers it serves."""

import signal
import sys
from types import FrameType

from billing_payment_gateways.simulation.server import SimulatorServer


def serve(server: SimulatorServer) -> None:
    """Print the base address on one line, then serve until SIGTERM or SIGINT."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()
