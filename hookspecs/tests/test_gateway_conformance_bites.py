"""The suite for payment gateways, tried on an honest driver and on broken copies of it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_gateway"


def test_an_honest_gateway_passes(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest drivers would be switched off."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 40


def test_the_suite_finds_a_gateway_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these bugs moves money that nobody owed; the check must name it."""
    result = rehearse(SAMPLE, bug)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) >= 1
    assert "errors" not in outcomes
    assert bug["says"] in result.stdout.str()
