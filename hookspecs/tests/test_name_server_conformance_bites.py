"""The suite for name servers, tried on an honest driver and on broken copies of it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_name_server"


def test_an_honest_name_server_passes(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest drivers would be switched off."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 30


def test_the_suite_finds_a_name_server_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these bugs loses a name or takes somebody else's; the check must name it."""
    result = rehearse(SAMPLE, bug)
    assert result.parseoutcomes() == {"failed": 1}
    assert bug["says"] in result.stdout.str()
