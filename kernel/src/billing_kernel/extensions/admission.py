"""Examining one plugin by itself: manifest, hooks, and the drivers that it hands over."""

import inspect
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pluggy import HookImpl, PluginManager

from billing_hookspecs import (
    API_VERSION,
    CAPABILITY_METHODS,
    PROJECT,
    PluginManifest,
    PricingPolicy,
    ProcessingModule,
    hooks,
)
from billing_kernel.extensions.discovery import Discovered
from billing_kernel.extensions.quarantine import Quarantined, Reason, quarantining
from billing_kernel.extensions.registries import (
    DRIVER_KINDS,
    DriverKind,
    policy_contracts,
    registry_key,
)
from billing_kernel.extensions.shapes import complaint, hints_of

HOOK_PREFIX: Final = "billing_"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A plugin that is sound by itself; ``drivers`` are by kind and by key."""

    found: Discovered
    manifest: PluginManifest
    plugin: object
    hooks: tuple[str, ...]
    drivers: dict[str, dict[str, Any]]


def new_manager() -> PluginManager:
    """A pluggy manager that knows the contract's hooks and no plugin."""
    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    return manager


def examine(found: Discovered) -> Candidate:
    """Admit one plugin as far as it can be judged without the others; raises Quarantined."""
    if found.refusal is not None:
        raise found.refusal
    if not found.is_builtin and not isinstance(found.loaded, type):
        raise Quarantined(
            Reason.NOT_A_CLASS,
            f"the entry point names a {type(found.loaded).__name__}, not a class",
        )
    # Before anything of the plugin runs: one that was written for another contract may fail
    # in any way, and its range says best why.
    manifest = read_manifest(found)
    plugin = found.loaded if found.is_builtin else _constructed(found.loaded)
    if type(plugin).__eq__ is not object.__eq__:
        raise Quarantined(
            Reason.EQUALITY_DEFINED,
            "the class defines __eq__; pluggy tells plugins apart by identity",
        )
    manager, names = _registered_alone(found.name, plugin)
    return Candidate(found, manifest, plugin, names, _handed_over(manager))


def read_manifest(found: Discovered) -> PluginManifest:
    """The manifest, if it is one, names the plugin and allows this contract; else Quarantined."""
    with quarantining(Reason.MANIFEST_INVALID, "MANIFEST can't be read"):
        manifest: PluginManifest | None = getattr(found.loaded, "MANIFEST", None)
    if manifest is None:
        raise Quarantined(Reason.MANIFEST_MISSING, "the class has no MANIFEST")
    if wrong := complaint(manifest, PluginManifest, "MANIFEST"):
        raise Quarantined(Reason.MANIFEST_INVALID, wrong)
    if not manifest.title or not _NAME.fullmatch(manifest.name):
        raise Quarantined(
            Reason.MANIFEST_INVALID, "MANIFEST needs a title, and a name in lower-case snake case"
        )
    if manifest.name != found.name:
        raise Quarantined(
            Reason.NAME_MISMATCH,
            f"the entry point is called {found.name!r}, the manifest says {manifest.name!r}",
        )
    try:
        allowed = SpecifierSet(manifest.api)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    if not len(allowed):
        raise Quarantined(
            Reason.API_RANGE_INVALID, f"{manifest.api!r} is not a version range such as '>=1.0,<2'"
        )
    if not allowed.contains(API_VERSION, prereleases=True):
        raise Quarantined(
            Reason.API_UNSUPPORTED,
            f"it was written for plugin API {manifest.api}, this kernel has {API_VERSION}",
        )
    return manifest


def _constructed(plugin_class: type) -> object:
    with quarantining(Reason.CONSTRUCTION_FAILED, f"{plugin_class.__name__}() failed"):
        return plugin_class()


def _registered_alone(name: str, plugin: object) -> tuple[PluginManager, tuple[str, ...]]:
    """A manager with this plugin only, and the names of the hooks that it implements."""
    manager = new_manager()
    with quarantining(Reason.HOOK_ARGUMENTS, "a hook doesn't fit its specification"):
        _refuse_unmarked(manager, plugin)
        manager.register(plugin, name)
        callers = manager.get_hookcallers(plugin) or []
        implemented = {
            caller.name: implementation
            for caller in callers
            for implementation in caller.get_hookimpls()
            if caller.has_spec() or not implementation.optionalhook
        }
        for hook, implementation in implemented.items():
            _refuse_unknown(manager, hook)
            _refuse_unless_plain(hook, implementation)
            inspect.signature(implementation.function).bind(*implementation.argnames)
    return manager, tuple(sorted(implemented))


def _refuse_unmarked(manager: PluginManager, plugin: object) -> None:
    for attribute in dir(plugin):
        if (
            attribute.startswith(HOOK_PREFIX)
            and callable(inspect.getattr_static(plugin, attribute))
            and manager.parse_hookimpl_opts(plugin, attribute) is None
        ):
            _refuse_unknown(manager, attribute)
            raise Quarantined(Reason.HOOK_UNMARKED, f"{attribute} lacks the @impl marker")


def _refuse_unknown(manager: PluginManager, hook: str) -> None:
    known = [name for name, caller in vars(manager.hook).items() if caller.has_spec()]
    if hook not in known:
        near = "".join(f"; did you mean {name}?" for name in get_close_matches(hook, known, 1))
        raise Quarantined(Reason.HOOK_UNKNOWN, f"there is no hook {hook}{near}")


def _refuse_unless_plain(hook: str, implementation: HookImpl) -> None:
    function = implementation.function
    if (
        implementation.wrapper
        or implementation.hookwrapper
        or inspect.iscoroutinefunction(function)
        or inspect.isasyncgenfunction(function)
        or inspect.isgeneratorfunction(function)
    ):
        raise Quarantined(
            Reason.HOOK_NOT_PLAIN,
            f"{hook} is a coroutine, a generator or a wrapper; hooks are plain functions",
        )


def _handed_over(manager: PluginManager) -> dict[str, dict[str, Any]]:
    """The drivers of the one plugin that ``manager`` has, checked."""
    drivers: dict[str, dict[str, Any]] = {}
    for kind in DRIVER_KINDS:
        with quarantining(Reason.REGISTRATION_FAILED, f"{kind.hook} failed"):
            answers = getattr(manager.hook, kind.hook)()
            listed = [driver for answer in answers for driver in _listed(kind, answer)]
        drivers[kind.name] = {}
        for driver in listed:
            with quarantining(Reason.DRIVER_INVALID, f"a {kind.noun} can't be examined"):
                _check_driver(kind, driver)
                key = registry_key(driver)
            if key in drivers[kind.name]:
                raise Quarantined(
                    Reason.DRIVER_REPEATED, f"it has more than one {kind.noun} {key!r}"
                )
            drivers[kind.name][key] = driver
    return drivers


def _listed(kind: DriverKind, answer: Any) -> tuple[Any, ...]:
    if not isinstance(answer, list | tuple):
        raise Quarantined(
            Reason.REGISTRATION_INVALID,
            f"{kind.hook} returned a {type(answer).__name__}, not a tuple or list",
        )
    for driver in answer:
        if not isinstance(driver, kind.contract):
            what = f"the class {driver.__name__}" if isinstance(driver, type) else "something"
            raise Quarantined(
                Reason.REGISTRATION_INVALID,
                f"{kind.hook} handed over {what} that is no instance of {kind.contract.__name__}",
            )
    return tuple(answer)


def _check_driver(kind: DriverKind, driver: Any) -> None:
    """Raise Quarantined for a driver that lacks what its contract declares."""
    what = f"the {kind.noun} {type(driver).__name__}"
    if isinstance(driver, PricingPolicy):
        _check_attributes(driver, PricingPolicy, what)
        contract: type = policy_contracts()[driver.kind]
        if not isinstance(driver, contract):
            raise Quarantined(Reason.DRIVER_INVALID, f"{what} is no {contract.__name__}")
    else:
        contract = kind.contract
    _check_attributes(driver, contract, what)
    if not _KEY.fullmatch(driver.key) or not driver.title:
        raise Quarantined(
            Reason.DRIVER_INVALID, f"{what} needs a title, and a key of a-z, 0-9, _ and -"
        )
    if isinstance(driver, ProcessingModule):
        _check_capabilities(driver, what)


def _check_attributes(driver: Any, contract: type, what: str) -> None:
    for name, hint in hints_of(contract).items():
        if not hasattr(driver, name):
            raise Quarantined(Reason.DRIVER_INVALID, f"{what} has no {name!r}")
        if wrong := complaint(getattr(driver, name), hint, f"{name!r} of {what}"):
            raise Quarantined(Reason.DRIVER_INVALID, wrong)


def _check_capabilities(driver: ProcessingModule, what: str) -> None:
    for capability in sorted(driver.capabilities):
        for method in CAPABILITY_METHODS.get(capability, ()):
            if getattr(type(driver), method) is getattr(ProcessingModule, method):
                raise Quarantined(
                    Reason.DRIVER_INVALID, f"{what} declares {capability} without {method}"
                )
