"""Imported before the suites, so that their failing checks show the values that met."""

from pathlib import Path

import pytest

REWRITTEN = tuple(
    f"{__package__}.{path.stem}"
    for path in Path(__file__).parent.glob("[a-z]*.py")
    if path.stem != "assertions"
)
pytest.register_assert_rewrite(*REWRITTEN)
