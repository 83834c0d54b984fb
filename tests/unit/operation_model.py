"""A model of workers, an unreliable upstream and time, for the domain's decisions to survive.

Around the decisions is the smallest shell that a worker can have. The upstream may lose
answers, work on a request long after its sender was gone, be busy, refuse, or take its time.
Workers may die, freeze and come back.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from billing_hookspecs import (
    Done,
    NotFound,
    OutcomeUnknownError,
    Pending,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.domain.operations import (
    ATTEMPTS_MAX,
    LOOK_UPS_MAX,
    Answer,
    Call,
    Intent,
    LastAnswer,
    Standing,
    decide_intent,
    decide_ruling,
)
from billing_kernel.domain.states import (
    OPERATION_TRANSITIONS,
    OperationEvent,
    OperationState,
    advance,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TIMEOUT = timedelta(seconds=60)
LEASE = timedelta(seconds=20)
DELAY_MAX_S = 120
"""How long after the end of its call a request may still take effect upstream."""

ENDED = (OperationState.DONE, OperationState.REFUSED)


class Mood(StrEnum):
    """What the upstream does with the next request to buy."""

    SELL = "sell"
    ACCEPT = "accept"
    REFUSE = "refuse"
    BUSY = "busy"
    FUNDS = "funds"
    SELL_SILENTLY = "sell and lose the answer"
    SELL_LATE = "lose the answer and sell later"
    LOSE = "lose the request"


class Look(StrEnum):
    """What the upstream does with the next look-up."""

    TELL = "tell"
    BUSY = "busy"
    LOSE = "lose"


@dataclass
class Upstream:
    """Buys whatever reaches it, once for each request: nothing here saves the kernel."""

    orders: list[str] = field(default_factory=list)
    on_their_way: list[datetime] = field(default_factory=list)

    @property
    def bought(self) -> int:
        return sum(state != "refused" for state in self.orders)

    def work_until(self, now: datetime) -> None:
        arrived = [at for at in self.on_their_way if at <= now]
        self.on_their_way = [at for at in self.on_their_way if at > now]
        self.orders += ["done"] * len(arrived)

    def buy(self, mood: Mood, arrives_at: datetime) -> Answer:
        match mood:
            case Mood.SELL:
                self.orders.append("done")
                return Done("up")
            case Mood.ACCEPT:
                self.orders.append("pending")
                return Pending(5, "up")
            case Mood.REFUSE:
                return UpstreamRefusedError("no")
            case Mood.BUSY:
                return UpstreamBusyError(retry_after_s=5)
            case Mood.FUNDS:
                return UpstreamFundsError(retry_after_s=5)
            case Mood.SELL_SILENTLY:
                self.orders.append("done")
            case Mood.SELL_LATE:
                self.on_their_way.append(arrives_at)
        return OutcomeUnknownError("lost")

    def look(self, look: Look) -> Answer:
        if look is Look.BUSY:
            return UpstreamBusyError()
        if look is Look.LOSE:
            return OutcomeUnknownError("lost")
        if "done" in self.orders:
            return Done("up")
        if "pending" in self.orders:
            return Pending(5, "up")
        if "refused" in self.orders:
            return UpstreamRefusedError("ended without being done")
        return NotFound()


@dataclass(eq=False)
class Worker:
    """Somebody who claimed the operation; ``answer`` is what it heard and hasn't written."""

    lease: int
    intent: Intent
    answer: Answer | None = None


class Operations(RuleBasedStateMachine):
    """One instruction, its workers and its upstream."""

    quiet_period: ClassVar[timedelta] = timedelta(seconds=DELAY_MAX_S)
    fences_outcomes: ClassVar[bool] = True
    minds_deadlines: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.upstream = Upstream()
        self.workers: list[Worker] = []
        self.state = OperationState.QUEUED
        self.standing = Standing(LastAnswer.NONE, 0, 0, None)
        self.due_at = START
        self.leases = 0
        self.lease_until = START
        self.stubborn = (Mood.LOSE, Look.LOSE)

    def intend(self) -> Intent:
        return decide_intent(self.standing, self.now, TIMEOUT, self.quiet_period)

    @initialize(
        mood=st.sampled_from([mood for mood in Mood if mood is not Mood.FUNDS]),
        look=st.sampled_from(Look),
    )
    def begin(self, mood: Mood, look: Look) -> None:
        """``stubborn`` is what the upstream does from the end of the story on, for ever."""
        self.stubborn = (mood, look)

    def may_claim(self) -> bool:
        if self.state in (*ENDED, OperationState.FAILED):
            return False
        if self.state is OperationState.RUNNING:
            return self.lease_until <= self.now
        return self.due_at <= self.now

    @precondition(lambda self: self.may_claim())
    @rule()
    def claim(self) -> None:
        intent = self.intend()
        self.state = advance(OPERATION_TRANSITIONS, self.state, OperationEvent.CLAIM)
        self.standing = intent.standing
        self.leases += 1
        self.lease_until = self.now + LEASE
        self.workers.append(Worker(self.leases, intent))

    @precondition(lambda self: any(worker.answer is None for worker in self.workers))
    @rule(
        data=st.data(),
        mood=st.sampled_from(Mood),
        look=st.sampled_from(Look),
        late_s=st.integers(1, DELAY_MAX_S - 1),
    )
    def call(self, data: st.DataObject, mood: Mood, look: Look, late_s: int) -> None:
        """A worker, perhaps long after it claimed, makes its call."""
        waiting = [worker for worker in self.workers if worker.answer is None]
        self.ask(data.draw(st.sampled_from(waiting)), mood, look, late_s)

    def ask(self, worker: Worker, mood: Mood, look: Look, late_s: int) -> None:
        if self.minds_deadlines and self.now >= worker.intent.deadline:
            worker.answer = UpstreamBusyError(retry_after_s=1)
        elif worker.intent.call is Call.EXECUTE:
            arrives_at = max(self.now, worker.intent.deadline) + timedelta(seconds=late_s)
            worker.answer = self.upstream.buy(mood, arrives_at)
        else:
            worker.answer = self.upstream.look(look)

    @precondition(lambda self: any(worker.answer is not None for worker in self.workers))
    @rule(data=st.data())
    def write_outcome(self, data: st.DataObject) -> None:
        answered = [worker for worker in self.workers if worker.answer is not None]
        self.record(data.draw(st.sampled_from(answered)))

    def record(self, worker: Worker) -> None:
        self.workers.remove(worker)
        holds = worker.lease == self.leases and self.state is OperationState.RUNNING
        if worker.answer is None or (self.fences_outcomes and not holds):
            return
        if self.state in (*ENDED, OperationState.FAILED):
            return
        ruling = decide_ruling(worker.intent, worker.answer, self.now)
        self.state = advance(OPERATION_TRANSITIONS, OperationState.RUNNING, ruling.event)
        self.standing = replace(self.standing, last_answer=ruling.last_answer)
        self.due_at = ruling.due_at or self.now

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """A worker ends without a word, wherever it was."""
        self.workers.remove(data.draw(st.sampled_from(self.workers)))

    @precondition(lambda self: self.state is OperationState.RUNNING)
    @rule()
    def stay_alive(self) -> None:
        self.lease_until = self.now + LEASE

    @rule(seconds=st.sampled_from([1, 20, 59, 60, 121, 181]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.upstream.work_until(self.now)

    @precondition(lambda self: "pending" in self.upstream.orders)
    @rule(state=st.sampled_from(["done", "refused"]))
    def finish_upstream(self, state: str) -> None:
        self.upstream.orders = [
            state if order == "pending" else order for order in self.upstream.orders
        ]

    @precondition(lambda self: self.state is OperationState.FAILED)
    @rule()
    def person_tries_again(self) -> None:
        self.state = advance(OPERATION_TRANSITIONS, self.state, OperationEvent.RETRY)
        self.due_at = self.now

    @invariant()
    def at_most_one_thing_is_bought(self) -> None:
        assert self.upstream.bought <= 1, self.upstream.orders

    @invariant()
    def what_ended_ended_truly(self) -> None:
        """Done means that the client has it, refused that nothing can come of it any more."""
        if self.state is OperationState.DONE:
            assert self.upstream.orders.count("done") == 1
        if self.state is OperationState.REFUSED:
            assert (self.upstream.bought, self.upstream.on_their_way) == (0, [])

    @invariant()
    def what_may_have_been_sent_is_looked_up(self) -> None:
        """Also when it waits for a person, who may only let it be tried again."""
        unclear = self.upstream.orders or self.upstream.on_their_way
        if unclear and self.state not in (*ENDED, OperationState.RUNNING):
            assert self.intend().call is Call.LOOK_UP

    def teardown(self) -> None:
        """Left alone with a stubborn upstream, it ends or asks a person."""
        self.workers.clear()
        mood, look = self.stubborn
        for _ in range(2 * (ATTEMPTS_MAX + LOOK_UPS_MAX)):
            if self.state in (*ENDED, OperationState.FAILED):
                break
            self.now = max(self.now, self.due_at, self.lease_until)
            self.upstream.work_until(self.now)
            self.claim()
            (worker,) = self.workers
            self.ask(worker, mood, look, DELAY_MAX_S - 1)
            self.record(worker)
        self.at_most_one_thing_is_bought()
        self.what_ended_ended_truly()
        assert self.state in (*ENDED, OperationState.FAILED)
