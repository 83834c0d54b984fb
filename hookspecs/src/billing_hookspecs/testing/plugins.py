"""Conformance of a plugin as a whole: what the kernel checks when it loads one."""

import inspect
from importlib.metadata import entry_points
from typing import Any

import pluggy
import pytest
from packaging.specifiers import SpecifierSet

from billing_hookspecs import hooks
from billing_hookspecs.manifest import PluginManifest
from billing_hookspecs.markers import API_VERSION, ENTRY_POINT_GROUP, PROJECT
from billing_hookspecs.testing.declarations import assert_key
from billing_hookspecs.testing.suite import ConformanceSuite

HOOKS = tuple(name for name in vars(hooks) if name.startswith("billing_"))
REGISTRATION_HOOKS = tuple(
    name for name in HOOKS if not inspect.signature(getattr(hooks, name)).parameters
)
"""The hooks that hand something over: they ask for it without arguments."""


class PluginConformance(ConformanceSuite):
    """What holds for every plugin class.

    Fixture to write: ``plugin``, the class under the entry point. The distribution must be
    installed (``pip install -e .`` will do).
    """

    @pytest.fixture
    def plugin(self) -> type[Any]:
        raise NotImplementedError("write the fixture plugin: the class of the entry point")

    @pytest.fixture
    def manifest(self, plugin: type[Any]) -> PluginManifest:
        manifest: PluginManifest = plugin.MANIFEST
        return manifest

    @pytest.fixture
    def manager(self, plugin: type[Any]) -> pluggy.PluginManager:
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(hooks)
        manager.register(plugin())
        return manager

    def test_the_manifest_has_the_entry_points_name(
        self, plugin: type[Any], manifest: PluginManifest
    ) -> None:
        """Settings, logs and quarantine all say one name."""
        assert isinstance(manifest, PluginManifest)
        assert_key(manifest.name, "plugin")
        assert manifest.title.strip()
        found = [it for it in entry_points(group=ENTRY_POINT_GROUP) if it.name == manifest.name]
        assert found, f"no installed distribution has an entry point {manifest.name!r}"
        assert len(found) == 1, f"{len(found)} distributions have an entry point {manifest.name!r}"
        loaded = found[0].load()
        assert loaded is plugin, f"the entry point loads {loaded!r}"

    def test_the_api_range_holds_this_version_and_not_the_next_major(
        self, manifest: PluginManifest
    ) -> None:
        """The next major version may take away what the plugin uses."""
        accepted = SpecifierSet(manifest.api)
        assert accepted.contains(API_VERSION), f"{manifest.api} leaves {API_VERSION} out"
        next_major = f"{int(API_VERSION.split('.')[0]) + 1}.0"
        assert not accepted.contains(next_major), f"{manifest.api} has no upper end"

    def test_every_hook_that_it_implements_exists(self, manager: pluggy.PluginManager) -> None:
        """A misspelt hook is never called, and nobody would notice."""
        manager.check_pending()

    def test_hooks_are_plain_functions(self, manager: pluggy.PluginManager) -> None:
        """The kernel would be given a coroutine that nobody awaits, or somebody else's answers."""
        for caller in _callers(manager):
            for it in caller.get_hookimpls():
                assert not it.wrapper, f"{caller.name} is a wrapper"
                assert not it.hookwrapper, f"{caller.name} is a wrapper"
                assert not inspect.iscoroutinefunction(it.function), f"{caller.name} is a coroutine"
                assert not inspect.isgeneratorfunction(it.function), f"{caller.name} is a generator"

    def test_every_method_named_like_a_hook_is_marked(
        self, plugin: type[Any], manager: pluggy.PluginManager
    ) -> None:
        """Without @impl it is never called, and nobody would notice."""
        marked = {caller.name for caller in _callers(manager) if caller.get_hookimpls()}
        named = {name for name in dir(plugin) if name.startswith("billing_")}
        assert not named - marked, f"@impl is missing above {sorted(named - marked)}"

    def test_it_is_told_apart_by_identity(self, plugin: type[Any]) -> None:
        """Two plugins that are equal count as one, and the second is never asked."""
        own = inspect.getattr_static(plugin, "__eq__")
        assert own is vars(object)["__eq__"], "the class defines __eq__, as data classes do"

    def test_drivers_have_keys_of_their_own(self, manager: pluggy.PluginManager) -> None:
        """Two drivers of one key quarantine the plugin."""
        handed_over = 0
        for name in REGISTRATION_HOOKS:
            keys = [_key(driver) for answer in getattr(manager.hook, name)() for driver in answer]
            handed_over += len(keys)
            assert len(keys) == len(set(keys)), f"{name} answers with one key twice: {keys}"
        heard = {caller.name for caller in _callers(manager) if caller.get_hookimpls()}
        assert handed_over or heard - set(REGISTRATION_HOOKS), "the plugin does nothing at all"

    def test_it_can_be_loaded_twice(self, plugin: type[Any]) -> None:
        """Every process loads it anew; what it hands over must not depend on the first time."""
        once, again = plugin(), plugin()
        for name in REGISTRATION_HOOKS:
            if hasattr(plugin, name):
                keys = [[_key(driver) for driver in getattr(it, name)()] for it in (once, again)]
                assert keys[0] == keys[1], f"{name} answers differently the second time"


def _callers(manager: pluggy.PluginManager) -> list[pluggy.HookCaller]:
    return [getattr(manager.hook, name) for name in HOOKS]


def _key(driver: Any) -> tuple[str, str]:
    return (str(getattr(driver, "kind", "")), driver.key)
