"""The suites for plugins and product types, tried on an honest plugin and on broken copies."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_plugin"


def test_an_honest_plugin_passes(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest plugins would be switched off."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes == {"passed": 14}


def test_the_suite_finds_a_plugin_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these would quarantine the plugin, or mislead whoever fills a form in."""
    result = rehearse(SAMPLE, bug)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) >= 1
    assert bug["says"] in result.stdout.str()
