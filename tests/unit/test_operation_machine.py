"""Workers, an unreliable upstream and time, in any order: at most one thing is ever bought.

Shells with planted bugs show that the model would notice.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.unit.operation_model import DELAY_MAX_S, TIMEOUT, Look, Mood, Operations, Worker

from billing_kernel.domain.operations import Intent, LastAnswer, decide_intent

QUIET_S = int(TIMEOUT.total_seconds()) + DELAY_MAX_S
THOROUGH = settings(
    max_examples=250,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class SendsBlindly(Operations):
    """Answers a lost answer by sending again."""

    def intend(self) -> Intent:
        forgetful = replace(self.standing, last_answer=LastAnswer.NONE)
        return decide_intent(forgetful, self.now, TIMEOUT, self.quiet_period)


class WaitsForNothing(Operations):
    """Believes a look-up at once."""

    quiet_period = timedelta(0)


class JudgesByTheAnswersTime(Operations):
    """Takes a look-up that began in the quiet period for one that was made after it."""

    def record(self, worker: Worker) -> None:
        worker.intent = replace(worker.intent, asked_at=self.now)
        super().record(worker)


class BelievesRevivedWorkers(Operations):
    """Writes down what a worker heard whose operation was taken over."""

    fences_outcomes = False


class SendsTooLate(Operations):
    """Sends whenever a frozen worker comes back to life."""

    minds_deadlines = False


class Story:
    """Steps through a machine, with every promise checked after each."""

    def __init__(self, machine: Operations) -> None:
        self.machine = machine

    def claim(self) -> Worker:
        assert self.machine.may_claim()
        self.machine.claim()
        self._check()
        return self.machine.workers[-1]

    def ask(self, worker: Worker, mood: Mood = Mood.SELL) -> None:
        self.machine.ask(worker, mood, Look.TELL, late_s=DELAY_MAX_S - 1)
        self._check()

    def record(self, worker: Worker) -> None:
        self.machine.record(worker)
        self._check()

    def whole(self, mood: Mood = Mood.SELL) -> None:
        worker = self.claim()
        self.ask(worker, mood)
        self.record(worker)

    def wait(self, seconds: int) -> None:
        self.machine.wait(seconds)
        self._check()

    def _check(self) -> None:
        self.machine.at_most_one_thing_is_bought()
        self.machine.what_ended_ended_truly()
        self.machine.what_may_have_been_sent_is_looked_up()


def the_answer_is_lost(story: Story) -> None:
    story.whole(Mood.SELL_SILENTLY)
    story.wait(5)
    story.whole()


def the_request_is_worked_on_late(story: Story) -> None:
    story.whole(Mood.SELL_LATE)
    story.wait(61)
    story.whole()
    story.wait(QUIET_S)
    story.whole()


def a_look_up_takes_longer_than_the_rest_of_the_quiet_period(story: Story) -> None:
    story.whole(Mood.SELL_LATE)
    story.wait(QUIET_S - 2)
    looking = story.claim()
    story.ask(looking)
    story.wait(2)
    story.record(looking)
    story.whole()


def a_worker_comes_back_with_an_old_look_up(story: Story) -> None:
    story.whole(Mood.LOSE)
    story.wait(QUIET_S)
    frozen = story.claim()
    story.ask(frozen)
    story.wait(20)
    story.whole()
    sending = story.claim()
    story.ask(sending)
    story.record(frozen)
    story.wait(20)
    story.whole()


def a_worker_freezes_before_it_sends(story: Story) -> None:
    frozen = story.claim()
    story.wait(QUIET_S)
    story.whole()
    story.whole()
    story.ask(frozen)


PLANTED: list[tuple[type[Operations], Callable[[Story], None]]] = [
    (SendsBlindly, the_answer_is_lost),
    (WaitsForNothing, the_request_is_worked_on_late),
    (JudgesByTheAnswersTime, a_look_up_takes_longer_than_the_rest_of_the_quiet_period),
    (BelievesRevivedWorkers, a_worker_comes_back_with_an_old_look_up),
    (SendsTooLate, a_worker_freezes_before_it_sends),
]


def test_whatever_happens_at_most_one_thing_is_bought() -> None:
    """The promise that everything else about provisioning is for."""
    run_state_machine_as_test(Operations, settings=THOROUGH)


@pytest.mark.soak
def test_whatever_happens_at_most_one_thing_is_bought_in_many_more_stories() -> None:
    """The same, for as long as there is time for it."""
    many = settings(THOROUGH, max_examples=10_000, derandomize=False)
    run_state_machine_as_test(Operations, settings=many)


@pytest.mark.parametrize("story", [story for _, story in PLANTED])
def test_the_worst_stories_end_well(story: Callable[[Story], None]) -> None:
    """Each of them buys twice if one thing is done a little differently; see below."""
    story(Story(Operations()))


@pytest.mark.parametrize(("planted", "story"), PLANTED)
def test_a_planted_bug_buys_twice(
    planted: type[Operations], story: Callable[[Story], None]
) -> None:
    """Without the rule in question the story goes wrong, and the model sees it."""
    with pytest.raises(AssertionError):
        story(Story(planted()))


@pytest.mark.parametrize("planted", [SendsBlindly, WaitsForNothing])
def test_chance_alone_finds_a_planted_bug(planted: type[Operations]) -> None:
    """A search that can't fail proves nothing."""
    hasty = settings(
        THOROUGH, phases=[Phase.generate], report_multiple_bugs=False, print_blob=False
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(planted, settings=hasty)
