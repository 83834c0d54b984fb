"""The suites for what people do, tried on honest drivers and on broken copies of them."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_people"


def test_honest_drivers_pass(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A driver without an upstream must be able to prove itself too."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 15


def test_the_suites_find_a_driver_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """People are asked once, and say what they did; nothing else may claim it."""
    result = rehearse(SAMPLE, bug)
    assert result.parseoutcomes() == {"failed": 1}
    assert bug["says"] in result.stdout.str()
