"""What the tests of the contract share."""

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent

# httpx imports it by and by and remembers its errors; a pytest run inside a test forgets what it
# imported first, so the next run would meet errors that httpx doesn't know.
assert httpcore

# What is tried must not depend on how busy the machine is.
settings.register_profile("contract", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a ``bug`` runs once for each of its module's ``SAMPLE``."""
    if "bug" in metafunc.fixturenames:
        planted = HERE / metafunc.module.SAMPLE / "bugs.toml"
        bugs = tomllib.loads(planted.read_text())["bug"]
        metafunc.parametrize("bug", bugs, ids=[it["name"].replace(" ", "-") for it in bugs])


@pytest.fixture
def rehearse(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Run a sample's conformance test in a folder of its own, with a bug planted in its driver."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(sample: str, bug: dict[str, Any] | None = None) -> pytest.RunResult:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE / sample, pytester.path, ignore=ignored, dirs_exist_ok=True)
        suite = pytester.path / "conformance.py"
        suite = suite.rename(suite.with_name("test_conformance.py"))
        target = suite.name
        if bug is not None:
            plant(bug, pytester.path / "driver.py")
            check = bug["check"] if "::" in bug["check"] else f"TestSample::{bug['check']}"
            target += f"::{check}"
        return pytester.runpytest_inprocess(target, "-Werror", "-pno:cacheprovider")

    return run


def plant(bug: dict[str, Any], driver: Path) -> None:
    source = driver.read_text()
    for edit in bug["edits"]:
        assert edit["honest"] in source, f"the honest driver doesn't say {edit['honest']!r}"
        source = source.replace(edit["honest"], edit["broken"])
    driver.write_text(source)
