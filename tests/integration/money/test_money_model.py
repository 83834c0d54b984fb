"""Anything that may happen to money, in any order: it is where a small model says."""

import secrets
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.integration.money.money_machine import MoneyMachine
from tests.tills import Till

from billing_hookspecs import Money
from billing_kernel.application import booking
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.domain.receipts import Demand, Misfit, Receipt

STEPS = 100
SOAK_STORIES = 2_000

USUAL = settings(
    max_examples=36,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

RunStories = Callable[[int, settings], int]


@pytest.fixture
def run_stories(till: Till) -> RunStories:
    """Runs stories, each in a shop of its own in this test's database; how many steps it were."""

    def run(number: int, how: settings) -> int:
        machine = type("MoneyMachine", (MoneyMachine,), {"till": till, "steps": 0})
        run_state_machine_as_test(seed(number)(machine), settings=how)
        return int(machine.steps)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_steps_agree_with_the_model(run_stories: RunStories, part: int) -> None:
    """Four times 36 stories of up to a hundred steps, the same ones every time."""
    assert run_stories(part, USUAL) >= 2_500


def test_the_model_holds_on_every_database(run_stories: RunStories) -> None:
    """A few stories are enough to see that both move money alike."""
    run_stories(99, settings(USUAL, max_examples=3))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(8))
def test_many_more_stories_agree_with_the_model(run_stories: RunStories, part: int) -> None:
    """New ones each time; what fails is printed with what reproduces it."""
    number = secrets.randbelow(10**9)
    steps = run_stories(number, settings(USUAL, max_examples=SOAK_STORIES // 8))
    print(f"part {part}: {steps} steps from seed {number}")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_money_that_pays_for_nothing_is_noticed(
    run_stories: RunStories, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that can't fail proves nothing.

    Which stories a number stands for depends on what else the process has loaded.
    """

    def keep(captured: Money, _demand: Demand) -> Receipt:
        return Receipt(False, captured, Misfit.NOT_OPEN)

    monkeypatch.setattr(booking, "decide_receipt", keep)
    hasty = settings(USUAL, phases=[Phase.generate], print_blob=False)
    with pytest.raises(AssertionError):
        [run_stories(number, hasty) for number in range(20)]
    with till.kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()
