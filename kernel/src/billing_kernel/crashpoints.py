"""Places where a test may kill the process, to prove that nothing is lost or done twice.

``BILLING_CRASH_AT=name`` kills the process with SIGKILL the first time it passes there; a
file named by ``BILLING_CRASH_ONCE``, if it exists already, disarms it, so that a restarted
process goes on.
"""

import os
import signal
from pathlib import Path
from typing import Final

POINTS: Final = {
    "operation.claimed": "the intent is committed, nothing was sent",
    "operation.answered": "the upstream answered, the outcome isn't written",
    "operation.outcome_written": "the outcome is in the transaction, which isn't committed",
    "operation.recorded": "the outcome is committed, the message isn't acknowledged",
    "outbox.claimed": "a message is leased, its actor hasn't begun",
    "payment.recorded": "the money is in the transaction, which isn't committed",
}


def crashpoint(name: str) -> None:
    """Die here if the environment asks for it; otherwise nothing."""
    if os.environ.get("BILLING_CRASH_AT") != name:
        return
    if name not in POINTS:
        raise KeyError(f"{name} is not a crash point")
    once = os.environ.get("BILLING_CRASH_ONCE")
    if once:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
