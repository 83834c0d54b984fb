"""The suite for processing modules, tried on an honest driver and on broken copies of it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = "pytester"
SAMPLE = "sample_panel"


@pytest.mark.slow
def test_an_honest_module_passes(rehearse: Callable[..., pytest.RunResult]) -> None:
    """A suite that fails honest drivers would be switched off."""
    outcomes = rehearse(SAMPLE).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] > 50


def test_the_suite_finds_a_module_that(
    bug: dict[str, Any], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """Each of these bugs has cost somebody money or a night; the check must name it."""
    result = rehearse(SAMPLE, bug)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) >= 1
    assert "errors" not in outcomes
    assert bug["says"] in result.stdout.str()


IN_DOUBT = [
    {
        "honest": "            case _:\n                done = False",
        "broken": "            case _:\n                raise OutcomeUnknownError('hidden')",
    },
    {
        "honest": "            return Done(request.service.upstream_id) if gone else NotFound()",
        "broken": "            if request.service.username == 'user1' and not gone:\n"
        "                raise UpstreamRefusedError('ambiguous')\n"
        "            return Done(request.service.upstream_id) if gone else NotFound()",
    },
]


@pytest.mark.parametrize(
    ("check", "edit"),
    [
        ("test_what_was_never_sent_is_not_found", IN_DOUBT[0]),
        ("test_another_service_is_not_adopted", IN_DOUBT[1]),
    ],
)
def test_a_module_may_say_that_it_does_not_know(
    check: str, edit: dict[str, str], rehearse: Callable[..., pytest.RunResult]
) -> None:
    """A password can't be seen, and a look-alike may be anybody's: a person decides then."""
    result = rehearse(SAMPLE, {"check": check, "edits": [edit]})
    assert result.parseoutcomes() == {"passed": 1}
