"""The suite for channels, tried on an honest driver and on broken copies of it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_channel"


def test_an_honest_channel_passes(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest drivers would be switched off."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 12


def test_the_suite_finds_a_channel_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these bugs loses a message or tells it to somebody else; the check must name it."""
    result = rehearse(SAMPLE, bug)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed")
    assert bug["says"] in result.stdout.str()
