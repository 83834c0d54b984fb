"""The contract is its docstrings: every hook and driver method says what an author must know."""

import importlib
import inspect
import pkgutil
import re
from abc import ABC
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pluggy
import pytest

import billing_hookspecs
from billing_hookspecs import API_VERSION, PROJECT, hooks, impl

ROOT = Path(__file__).parents[2]
FIELDS = ["Called", "Args", "Returns", "Raises", "Source", "Since"]


def modules_of_the_contract() -> Iterator[Any]:
    for module in pkgutil.iter_modules(billing_hookspecs.__path__):
        if module.name != "testing":
            yield importlib.import_module(f"billing_hookspecs.{module.name}")


def driver_classes() -> list[type]:
    return [
        kind
        for module in modules_of_the_contract()
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__ == module.__name__ and issubclass(kind, ABC)
    ]


def promises() -> dict[str, Callable[..., Any]]:
    """Name → every hook and every public method of every driver class."""
    found = {name: hook for name, hook in vars(hooks).items() if name.startswith("billing_")}
    for kind in driver_classes():
        for name, method in vars(kind).items():
            if inspect.isfunction(method) and not name.startswith("_"):
                found[f"{kind.__name__}.{name}"] = method
    return found


EVERY_PROMISE = pytest.mark.parametrize("promise", promises().values(), ids=promises().keys())


def told(promise: Callable[..., Any]) -> dict[str, str]:
    """Field → what the docstring says under it."""
    pieces = re.split(rf"^({'|'.join(FIELDS)}):", inspect.getdoc(promise) or "", flags=re.M)
    return {name: text.strip() for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}


def test_the_search_for_promises_finds_hooks_and_drivers() -> None:
    """A search that found nothing would prove nothing."""
    assert {"billing_on_event", "ProcessingModule.open_service"} <= promises().keys()
    assert {"PaymentGateway", "ProcessingModule", "ChargingPolicy"} <= {
        kind.__name__ for kind in driver_classes()
    }


@EVERY_PROMISE
def test_a_docstring_fills_six_fields_in_order(promise: Callable[..., Any]) -> None:
    """When, with what, what comes back, what may go wrong, who decided it, since when."""
    fields = told(promise)
    assert list(fields) == FIELDS
    assert all(fields.values()), "a field says nothing"
    summary = (inspect.getdoc(promise) or "").split("\n\n")[0]
    assert summary.endswith("."), "the first line is a sentence"


@EVERY_PROMISE
def test_a_docstring_names_the_arguments_that_there_are(promise: Callable[..., Any]) -> None:
    """A renamed argument leaves its description behind, and authors copy descriptions."""
    arguments = [name for name in inspect.signature(promise).parameters if name != "self"]
    text = told(promise)["Args"]
    named = [name for name in arguments if re.search(rf"\b{name}\b|\b{name}\.", text)]
    assert named or not arguments
    assert (text == "none.") == (not arguments)


@EVERY_PROMISE
def test_a_source_exists(promise: Callable[..., Any]) -> None:
    """Whoever doubts a promise must be able to read why it was made."""
    paths = re.findall(r"[\w/.-]+/[\w.-]+\.\w+", told(promise)["Source"])
    assert paths, "the source names no file"
    for path in paths:
        assert (ROOT / path).is_file(), f"{path} is not in this repository"


@EVERY_PROMISE
def test_since_is_a_version_that_was_released(promise: Callable[..., Any]) -> None:
    """Plugins pin a range by it."""
    major, minor = (int(it) for it in told(promise)["Since"].split("."))
    assert (major, minor) <= tuple(int(it) for it in API_VERSION.split("."))


@EVERY_PROMISE
def test_nothing_is_asynchronous(promise: Callable[..., Any]) -> None:
    """There is one synchronous core and no twin of anything."""
    assert not inspect.iscoroutinefunction(promise)


def test_every_hook_can_be_implemented_with_fewer_arguments() -> None:
    """A hook may gain an argument in a minor version without breaking anybody."""

    class Frugal:
        @impl
        def billing_on_event(self) -> None:
            return None

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(Frugal())
    manager.check_pending()


def test_public_names_are_exported_once_and_exist() -> None:
    """Authors import from the package, not from its files."""
    names = billing_hookspecs.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(billing_hookspecs, name) for name in names)


def test_whatever_an_author_needs_is_exported() -> None:
    """A driver class or value that isn't public can't be used without breaking the rules."""
    private = {"ascii_domain"}
    for module in modules_of_the_contract():
        for name, item in vars(module).items():
            defined_here = getattr(item, "__module__", "") == module.__name__
            if inspect.isclass(item) and defined_here and name not in private:
                assert name in billing_hookspecs.__all__, f"{module.__name__}.{name}"
