"""Nights look for garbage less often, and leave the process as it was."""

import gc
from contextlib import ExitStack

from billing_kernel.application.stepping import YOUNG_MAX, rare_collections


def test_two_nights_at_once_leave_the_usual_threshold() -> None:
    """Whichever ends first: else the process would go on collecting rarely for good."""
    usual = gc.get_threshold()
    first, second = ExitStack(), ExitStack()
    for night in (first, second):
        night.enter_context(rare_collections())
        assert gc.get_threshold()[0] == YOUNG_MAX
    for night in (first, second):
        night.close()
    assert gc.get_threshold() == usual
