"""What the kernel tells about an installed plugin."""

from dataclasses import dataclass
from enum import StrEnum

from billing_kernel.extensions.quarantine import Reason


class PluginStatus(StrEnum):
    ACTIVE = "active"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class DriverName:
    """A driver by its registry (``processing_modules``) and the key in it."""

    registry: str
    key: str


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """One installed plugin.

    ``distribution`` and ``version`` name what was installed with pip; repeats of one name have
    all their distributions in one record. ``title`` and ``api`` are "" where the manifest could
    not be read. A plugin that was quarantined while it was loaded has neither hooks nor drivers;
    one that was set aside later still has them, and they are not called.
    """

    name: str
    distribution: str
    version: str
    status: PluginStatus
    title: str = ""
    api: str = ""
    reason: Reason | None = None
    reason_text: str = ""
    hooks: tuple[str, ...] = ()
    drivers: tuple[DriverName, ...] = ()
