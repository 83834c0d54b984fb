"""The suite for pricing policies, tried on honest ones and on broken copies."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_policies"


def test_honest_policies_pass(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest policies would be switched off."""
    assert rehearse(SAMPLE).parseoutcomes() == {"passed": 11}


def test_the_suite_finds_a_policy_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these is an amount that nobody can explain, or that differs the next time."""
    result = rehearse(SAMPLE, bug)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
    assert bug["says"] in result.stdout.str()
