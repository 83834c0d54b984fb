"""Counting what plugins do wrong while they run, and setting aside those that do it too often."""

from threading import Lock

CONSECUTIVE_FAULTS_MAX = 5


class FaultCounter:
    """Consecutive faults of each plugin in this process; threads share it.

    Any outcome that the contract knows, a refusal too, ends a run of faults. What reached the
    threshold stays in quarantine until it is released.
    """

    def __init__(self, threshold: int = CONSECUTIVE_FAULTS_MAX) -> None:
        self._threshold = threshold
        self._lock = Lock()
        self._runs: dict[str, int] = {}
        self._quarantined: dict[str, str] = {}

    def count(self, plugin: str, text: str) -> bool:
        """Note one fault; True if this one put the plugin into quarantine."""
        with self._lock:
            self._runs[plugin] = run = self._runs.get(plugin, 0) + 1
            if run < self._threshold or plugin in self._quarantined:
                return False
            self._quarantined[plugin] = f"{run} faults in a row, the last one: {text}"
            return True

    def clear(self, plugin: str) -> None:
        """Note an outcome that is none."""
        with self._lock:
            self._runs.pop(plugin, None)

    def quarantine_text(self, plugin: str) -> str:
        """Why the plugin is set aside; "" while it isn't."""
        return self._quarantined.get(plugin, "")

    def release(self, plugin: str) -> None:
        """Call the plugin again, with a clean record."""
        with self._lock:
            self._runs.pop(plugin, None)
            self._quarantined.pop(plugin, None)
