"""Anything that people may do, in any order: the money agrees with a small model of it."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.factories import FakeModule
from tests.integration.kernel.money_model import MoneyMachine

from billing_kernel.application import finishing
from billing_kernel.application.kernel import Kernel

MODEST = settings(
    max_examples=6,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture
def machine(kernel: Kernel, module: FakeModule) -> type[MoneyMachine]:
    """The machine on this test's database; each story has a shop of its own there."""
    return type("MoneyMachine", (MoneyMachine,), {"kernel": kernel, "module": module})


def test_money_is_where_the_model_says_after_every_step(machine: type[MoneyMachine]) -> None:
    """Orders, payments in parts and late, renewals, refusals, deletions, corrections."""
    run_state_machine_as_test(machine, settings=MODEST)


@pytest.mark.soak
def test_money_is_where_the_model_says_in_many_more_stories(machine: type[MoneyMachine]) -> None:
    """The same, for as long as there is time for it."""
    many = settings(MODEST, max_examples=400, stateful_step_count=60, derandomize=False)
    run_state_machine_as_test(machine, settings=many)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_money_that_is_not_given_back_is_noticed(
    machine: type[MoneyMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that can't fail proves nothing."""
    monkeypatch.setattr(finishing, "release_lines", lambda *_arguments: None)
    hasty = settings(MODEST, max_examples=60, report_multiple_bugs=False, print_blob=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=hasty)
