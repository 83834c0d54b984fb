"""Places where a test may kill the process, to prove that nothing is lost or done twice.

``BILLING_CRASH_AT=name`` kills the process with SIGKILL the first time that it passes there,
``name:3`` the third time.
"""

import os
import signal
from collections import Counter
from typing import Final

POINTS: Final = {
    "message.sent": "a channel took a message, that isn't written",
    "operation.claimed": "the intent is committed, nothing was sent",
    "operation.answered": "the upstream answered, the outcome isn't written",
    "operation.outcome_written": "the outcome is in the transaction, which isn't committed",
    "operation.recorded": "the outcome is committed, the message isn't acknowledged",
    "outbox.claimed": "a message is leased, its actor hasn't begun",
    "payment.intended": "a charge is about to be sent, and written down as sent",
    "payment.answered": "the gateway answered a charge, the outcome isn't written",
    "payment.recorded": "the money is in the transaction, which isn't committed",
}


_passes: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Die here if the environment asks for it; otherwise nothing."""
    armed, _, nth = os.environ.get("BILLING_CRASH_AT", "").partition(":")
    if armed != name:
        return
    if name not in POINTS:
        raise KeyError(f"{name} is not a crash point")
    _passes[name] += 1
    if _passes[name] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
