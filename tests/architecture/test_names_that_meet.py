"""Names that are written in two places: whoever asks for one, somebody must know it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from billing_hookspecs import EVENT_NAMES
from billing_kernel.application.timekeeping import DEADLINES
from billing_kernel.crashpoints import POINTS
from billing_kernel.http import admin
from billing_kernel.http.admin import BY_RIGHT, HANDLERS
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.models import Base

KERNEL = Path(__file__).parents[2] / "kernel/src/billing_kernel"
ASKING = ("enqueue", "enqueue_at", "ask_to_begin")


def calls(*names: str) -> Iterator[ast.Call]:
    """Every call of a function with one of these names."""
    for file in sorted(KERNEL.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in names:
                yield node


def texts(node: ast.AST) -> set[str]:
    """All strings inside."""
    constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_every_crash_point_is_passed_and_every_passed_one_is_listed() -> None:
    """The crash tests go by the list: what isn't on it is never tried."""
    passed = [name for call in calls("crashpoint") for name in texts(call)]
    assert sorted(passed) == sorted(POINTS)


def test_whatever_is_asked_of_a_worker_has_an_actor() -> None:
    """A message that nobody understands is put aside, and its work is never done."""
    asked = {
        argument.value: call
        for call in calls(*ASKING)
        for argument in call.args[1:2]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert set(asked) <= set(ACTORS)
    for name, call in asked.items():
        for arguments in (each for each in call.args if isinstance(each, ast.Dict)):
            keys = {key.value for key in arguments.keys if isinstance(key, ast.Constant)}
            assert keys == set(list(inspect.signature(ACTORS[name]).parameters)[1:]), name


def test_whatever_waits_for_the_wall_clock_feels_a_moved_one() -> None:
    """A pause that a moved test clock forgets would hold up everything that comes after it."""
    waiting = {
        getattr(mapper.class_, name)
        for mapper in Base.registry.mappers
        for name in ("due_at", "check_at")
        if name in mapper.columns
    }
    assert set(DEADLINES) == waiting


def test_whatever_the_sweeper_finds_has_an_actor() -> None:
    """It asks by a table instead of by a call for each."""
    source = (KERNEL / "application/sweeping.py").read_text(encoding="utf-8")
    rows = [
        [str(part.value) for part in node.elts[:2] if isinstance(part, ast.Constant)]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Tuple) and len(node.elts) == 3
    ]
    table = [row for row in rows if len(row) == 2]
    assert len(table) >= 4
    for actor, argument in table:
        assert [argument] == list(inspect.signature(ACTORS[actor]).parameters)[1:], actor


def test_every_event_that_is_recorded_is_of_the_contract() -> None:
    """Listeners go by the names that the contract lists."""
    recorded = {name for call in calls("record_event") for name in texts(call.args[2])}
    assert recorded <= set(EVENT_NAMES)


def test_every_handler_of_administrators_has_an_address() -> None:
    """Rights are given handler by handler: one that was forgotten would answer 404."""
    registered = [*HANDLERS, *(each for handlers in BY_RIGHT.values() for each in handlers)]
    written = [
        handler
        for found in pkgutil.iter_modules(admin.__path__)
        for handler in getattr(
            importlib.import_module(f"{admin.__name__}.{found.name}"), "HANDLERS", ()
        )
    ]
    assert len(written) > 100
    assert [each.operation_id for each in written if each not in registered] == []
