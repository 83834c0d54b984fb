"""Imported before the suites, so that their failing checks show the values that met."""

from pathlib import Path

import pytest

_HERE = Path(__file__)


def _module_of(path: Path) -> str:
    inside = path.relative_to(_HERE.parent).with_suffix("")
    return ".".join([__package__, *inside.parts])


REWRITTEN = tuple(
    _module_of(path)
    for path in _HERE.parent.rglob("*.py")
    if path != _HERE and path.stem != "__init__"
)
pytest.register_assert_rewrite(*REWRITTEN)
