"""A short run of what ``make soak-balances`` does for longer."""

import pytest
from tests.soak.balance_operations import run


@pytest.mark.slow
def test_two_thousand_operations_at_once_leave_every_balance_right(database_url: str) -> None:
    """Four processes on few hot accounts: no balance below zero, sums zero, cached = recomputed."""
    outcome = run(database_url, operations=2_000, processes=4)
    assert outcome.doubts == ()
    assert outcome.posted + outcome.refused == 2_000
    assert outcome.posted > 500
    assert outcome.refused > 50
