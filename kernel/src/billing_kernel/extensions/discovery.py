"""Finding plugins: what is installed under the entry-point group, freshly read and loaded."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any

from stevedore import ExtensionManager

from billing_hookspecs import ENTRY_POINT_GROUP
from billing_kernel.extensions.quarantine import Quarantined, Reason, quarantining

KERNEL_DISTRIBUTION = "billing-kernel"


@dataclass(frozen=True, slots=True, eq=False)
class Discovered:
    """An installed plugin: ``loaded`` is its class, or for a built-in one its instance."""

    name: str
    distribution: str
    version: str
    loaded: Any = None
    is_builtin: bool = False
    refusal: Quarantined | None = None


class GuardedEntryPoint:
    """An entry point whose loading ends in a value or in Quarantined.

    stevedore's failure callback is not told of AssertionError and SystemExit, which would end
    the kernel.
    """

    def __init__(self, entry_point: EntryPoint) -> None:
        self._entry_point = entry_point
        self.name = entry_point.name

    def load(self) -> Any:
        with quarantining(Reason.IMPORT_FAILED, f"{self._entry_point.value} can't be imported"):
            return self._entry_point.load()


class FreshExtensions(ExtensionManager[Any]):
    """stevedore without its two caches.

    The one on disk compares modification times rounded to about two minutes, the other lives as
    long as the process: each would hide a plugin that was installed a moment ago.
    """

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._guarded = [GuardedEntryPoint(entry_point) for entry_point in found]
        self.refusals: dict[str, Quarantined] = {}
        super().__init__(ENTRY_POINT_GROUP, on_load_failure_callback=self._refuse)

    def list_entry_points(self) -> list[Any]:
        return self._guarded

    def _refuse(self, _manager: object, entry_point: EntryPoint, error: BaseException) -> None:
        assert isinstance(error, Quarantined)
        self.refusals[entry_point.name] = error


def discover(
    given: Iterable[EntryPoint] | None, taken: Collection[str], safe_mode: bool
) -> list[Discovered]:
    """The plugins under ``billing.plugins`` in the order of their names, repeats as one.

    ``given`` replaces what is installed; ``taken`` are names that built-in plugins have. In safe
    mode nothing is imported.
    """
    found = sorted(
        entry_points(group=ENTRY_POINT_GROUP) if given is None else given,
        key=lambda entry_point: (entry_point.name, *distribution_of(entry_point)),
    )
    counts = Counter(entry_point.name for entry_point in found)
    refusals = {
        name: _repetition(name, found, name in taken)
        for name, count in counts.items()
        if count > 1 or name in taken
    }
    if safe_mode:
        safe = Quarantined(Reason.SAFE_MODE, "the kernel was started in safe mode")
        refusals = dict.fromkeys(counts, safe) | refusals
    manager = FreshExtensions(point for point in found if point.name not in refusals)
    refusals |= manager.refusals
    loaded = {extension.name: extension.plugin for extension in manager.extensions}
    return [
        Discovered(name, *_sources(name, found), loaded.get(name), refusal=refusals.get(name))
        for name in counts
    ]


def distribution_of(entry_point: EntryPoint) -> tuple[str, str]:
    """Name and version of what brought the entry point; "" where that isn't known."""
    if entry_point.dist is None:
        return "", ""
    return entry_point.dist.name, entry_point.dist.version


def kernel_version() -> str:
    try:
        return version(KERNEL_DISTRIBUTION)
    except PackageNotFoundError:
        return ""


def _sources(name: str, found: list[EntryPoint]) -> tuple[str, str]:
    sources = [distribution_of(entry_point) for entry_point in found if entry_point.name == name]
    names, versions = zip(*sources, strict=True)
    return ", ".join(names), ", ".join(versions)


def _repetition(name: str, found: list[EntryPoint], is_builtin: bool) -> Quarantined:
    owners = [" ".join(distribution_of(point)) for point in found if point.name == name]
    if is_builtin:
        owners.insert(0, "the kernel itself")
    return Quarantined(
        Reason.NAME_REPEATED, f"more than one plugin is called {name!r}: {', '.join(owners)}"
    )
