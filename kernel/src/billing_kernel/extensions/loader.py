"""Loading plugins: each is admitted whole or set aside whole, and the kernel starts."""

import inspect
import logging
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from billing_hookspecs import PluginManifest
from billing_kernel.extensions.admission import Candidate, examine, new_manager
from billing_kernel.extensions.discovery import (
    KERNEL_DISTRIBUTION,
    Discovered,
    discover,
    kernel_version,
)
from billing_kernel.extensions.installed import Extensions
from billing_kernel.extensions.quarantine import Quarantined, Reason
from billing_kernel.extensions.records import DriverName, PluginRecord, PluginStatus
from billing_kernel.extensions.registries import DRIVER_KINDS, Entry
from billing_kernel.extensions.shapes import complaint

log = logging.getLogger(__name__)


def load_extensions(
    builtin: Iterable[object] = (),
    entry_points: Iterable[EntryPoint] | None = None,
    safe_mode: bool = False,
) -> Extensions:
    """Load every plugin; what is wrong with one ends in its record, never in an exception.

    ``builtin``       the kernel's own plugins, as instances; they come first, in this order.
    ``entry_points``  instead of what is installed under ``billing.plugins``.
    ``safe_mode``     import no installed plugin at all.
    """
    kernels_own = list(_builtin_plugins(builtin))
    names = {found.name for found in kernels_own}
    candidates: list[Candidate] = []
    refused: dict[Discovered, Quarantined] = {}
    installed = [*kernels_own, *discover(entry_points, names, safe_mode)]
    for found in installed:
        try:
            candidates.append(examine(found))
        except Quarantined as refusal:
            refused[found] = refusal
    admitted, conflicting = settle(candidates)
    refused |= {candidate.found: finding for candidate, finding in conflicting.items()}
    for found, finding in refused.items():
        log.error("plugin %s is quarantined: %s: %s", found.name, finding.reason, finding.text)
    return _extensions(installed, admitted, refused, conflicting)


def settle(
    candidates: Sequence[Candidate],
) -> tuple[list[Candidate], dict[Candidate, Quarantined]]:
    """Who stays of plugins that are sound by themselves, and why the others don't.

    Setting one aside takes its product types away, which may leave another plugin's drivers
    without theirs; so this goes on until nothing changes.
    """
    admitted, refused = list(candidates), dict[Candidate, Quarantined]()
    while found := _unknown_product_types(admitted) or _repeated_drivers(admitted):
        refused |= found
        admitted = [candidate for candidate in admitted if candidate not in found]
    return admitted, refused


def _unknown_product_types(admitted: Sequence[Candidate]) -> dict[Candidate, Quarantined]:
    known = {key for candidate in admitted for key in candidate.drivers["product_types"]}
    refused = {}
    for candidate in admitted:
        for module in candidate.drivers["processing_modules"].values():
            if unknown := [key for key in module.product_types if key not in known]:
                refused[candidate] = Quarantined(
                    Reason.PRODUCT_TYPE_UNKNOWN,
                    f"the processing module {module.key!r} is for {', '.join(unknown)}, "
                    "which no active plugin defines",
                )
    return refused


def _repeated_drivers(admitted: Sequence[Candidate]) -> dict[Candidate, Quarantined]:
    holders: dict[tuple[str, str], str] = {}
    refused = {}
    for candidate in admitted:
        mine = {
            (kind.name, key): f"the {kind.noun} {key!r}"
            for kind in DRIVER_KINDS
            for key in candidate.drivers[kind.name]
        }
        if repeated := [(name, holders[name]) for name in mine if name in holders]:
            refused[candidate] = Quarantined(
                Reason.DRIVER_REPEATED,
                ", ".join(f"the plugin {owner!r} has {mine[name]}" for name, owner in repeated),
            )
        else:
            holders |= dict.fromkeys(mine, candidate.found.name)
    return refused


def _extensions(
    installed: Sequence[Discovered],
    admitted: Sequence[Candidate],
    refused: dict[Discovered, Quarantined],
    conflicting: Iterable[Candidate],
) -> Extensions:
    manager = new_manager()
    # pluggy calls what was registered last first, and answers shall come in our order.
    for candidate in reversed(admitted):
        manager.register(candidate.plugin, candidate.found.name)
    by_source = {candidate.found: candidate for candidate in admitted}
    lost = {candidate.found for candidate in conflicting}
    unseen = tuple(found.name for found in refused if found not in lost)
    registries: dict[str, Any] = {
        kind.name: kind.registry(
            kind.noun,
            {
                key: Entry(candidate.found.name, driver)
                for candidate in admitted
                for key, driver in candidate.drivers[kind.name].items()
            },
            {
                key: candidate.found.name
                for candidate in conflicting
                for key in candidate.drivers[kind.name]
            },
            unseen,
        )
        for kind in DRIVER_KINDS
    }
    records = tuple(
        _active(by_source[found]) if found in by_source else _quarantined(found, refused[found])
        for found in installed
    )
    return Extensions(
        **registries,
        records=records,
        manager=manager,
        admitted=tuple((candidate.found.name, candidate.plugin) for candidate in admitted),
    )


def _builtin_plugins(builtin: Iterable[object]) -> Iterator[Discovered]:
    seen: set[str] = set()
    for plugin in builtin:
        name = getattr(getattr(plugin, "MANIFEST", None), "name", type(plugin).__name__)
        refusal = None
        if name in seen:
            refusal = Quarantined(
                Reason.NAME_REPEATED, f"more than one built-in plugin is called {name!r}"
            )
        seen.add(name)
        yield Discovered(name, KERNEL_DISTRIBUTION, kernel_version(), plugin, True, refusal)


def _active(candidate: Candidate) -> PluginRecord:
    found, manifest = candidate.found, candidate.manifest
    return PluginRecord(
        name=found.name,
        distribution=found.distribution,
        version=found.version,
        status=PluginStatus.ACTIVE,
        title=manifest.title,
        api=manifest.api,
        hooks=candidate.hooks,
        drivers=tuple(
            DriverName(kind.name, key)
            for kind in DRIVER_KINDS
            for key in candidate.drivers[kind.name]
        ),
    )


def _quarantined(found: Discovered, finding: Quarantined) -> PluginRecord:
    manifest = inspect.getattr_static(found.loaded, "MANIFEST", None)
    readable = isinstance(manifest, PluginManifest) and not complaint(manifest, PluginManifest, "")
    return PluginRecord(
        name=found.name,
        distribution=found.distribution,
        version=found.version,
        status=PluginStatus.QUARANTINED,
        title=manifest.title if readable else "",
        api=manifest.api if readable else "",
        reason=finding.reason,
        reason_text=finding.text,
    )
