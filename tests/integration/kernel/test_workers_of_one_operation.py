"""Several workers at one operation: slow, frozen or declared dead, they never buy twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from time import sleep
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    go_on,
    let_pass,
    make_kernel,
    make_shop,
    money_of,
    open_tasks,
    operation_of,
    run_newest,
    service_of,
)

from billing_hookspecs import (
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    OutcomeUnknownError,
    UpstreamRefusedError,
)
from billing_kernel.application import provisioning
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.provisioning import run_operation
from billing_kernel.models import OperationAttempt, wall_clock
from billing_kernel.settings import Settings

LOST = OutcomeUnknownError("lost")
PATIENCE = 200


class SlowModule(FakeModule):
    """The next call of a kind takes as long as the function in ``meanwhile``.

    A request waits before the upstream works on it; a look-up's answer waits on its way back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: dict[str, Callable[[], object]] = {}

    def open_service(self, request: OpenService, context: Context) -> Any:
        self.meanwhile.pop("open_service", lambda: None)()
        return super().open_service(request, context)

    def find_operation(self, request: FindOperation, context: Context) -> Any:
        answer = super().find_operation(request, context)
        self.meanwhile.pop("find_operation", lambda: None)()
        return answer


@pytest.fixture
def module() -> SlowModule:
    return SlowModule()


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    """The real time, which a test may move on."""
    with time_machine.travel(wall_clock(), tick=True) as traveller:
        yield traveller


def test_a_dead_workers_outcome_is_thrown_away_when_it_comes_after_all(
    kernel: Kernel, shop: Shop, module: SlowModule, service_id: int
) -> None:
    """Another worker found the service open: a late refusal must not give the money back."""
    module.answers += [Done("up-1"), UpstreamRefusedError("late")]

    def take_over() -> None:
        let_pass(kernel, kernel.settings.lease_s + 1)
        assert run_newest(kernel, service_id).state == "done"

    module.meanwhile["open_service"] = take_over
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls == ["find_operation", "open_service"]
    assert (service_of(kernel, service_id).status, money_of(kernel, shop)) == ("active", (4000, 0))
    assert open_tasks(kernel) == []


def test_what_a_dead_worker_heard_is_kept_for_people(
    kernel: Kernel, module: SlowModule, service_id: int
) -> None:
    """Its outcome changes nothing, but whoever looks into it sees every answer."""
    module.answers += [NotFound(), Done("up-1")]

    def take_over() -> None:
        let_pass(kernel, kernel.settings.lease_s + 1)
        run_newest(kernel, service_id)

    module.meanwhile["open_service"] = take_over
    assert run_newest(kernel, service_id).state == "unknown"
    with kernel.database.reading() as session:
        attempts = session.scalars(select(OperationAttempt).order_by(OperationAttempt.number))
        assert [(row.number, row.answer) for row in attempts] == [(1, "Done"), (2, "NotFound")]


def test_a_worker_that_froze_before_sending_does_not_send_when_it_wakes(
    kernel: Kernel, shop: Shop, module: SlowModule, service_id: int,
    time: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """By then another worker looked, found nothing after the quiet period, and sent."""
    module.answers += [NotFound(), Done("up-2")]
    passes = count()

    def freeze(point: str) -> None:
        if point == "operation.claimed" and next(passes) == 0:
            time.shift(timedelta(hours=1))
            assert run_newest(kernel, service_id).state == "queued"
            assert run_newest(kernel, service_id).state == "done"

    monkeypatch.setattr(provisioning, "crashpoint", freeze)
    run_newest(kernel, service_id)
    assert module.calls == ["find_operation", "open_service"]
    assert service_of(kernel, service_id).upstream_id == "up-2"
    assert money_of(kernel, shop) == (4000, 0)


def test_a_worker_held_up_too_long_to_send_leaves_the_operation_to_be_tried_again(
    kernel: Kernel, module: SlowModule, service_id: int,
    time: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Nobody took over: nothing was sent, so nothing has to be looked up."""
    passes = count()

    def freeze(point: str) -> None:
        if point == "operation.claimed" and next(passes) == 0:
            time.shift(timedelta(seconds=6))

    monkeypatch.setattr(provisioning, "crashpoint", freeze)
    assert run_newest(kernel, service_id).state == "queued"
    assert module.calls == []
    assert go_on(kernel, service_id) == "done"
    assert module.calls == ["open_service"]


def test_a_slow_look_up_proves_nothing_about_the_time_after_it_was_asked(
    kernel: Kernel, module: SlowModule, service_id: int, time: time_machine.Traveller
) -> None:
    """The lost request may have been worked on between the upstream's look and its answer."""
    module.answers += [LOST, NotFound(), Done("up-1")]
    assert run_newest(kernel, service_id).state == "unknown"
    time.shift(timedelta(seconds=50))
    module.meanwhile["find_operation"] = lambda: time.shift(timedelta(seconds=30))
    assert run_newest(kernel, service_id).state == "unknown"
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls == ["open_service", "find_operation", "find_operation"]


def test_a_lease_is_prolonged_while_its_call_runs(settings: Settings, module: SlowModule) -> None:
    """A call may take longer than the lease; only silence means that its worker is dead."""
    kernel = make_kernel(replace(settings, lease_s=1), module)
    shop = make_shop(kernel)
    service_id = buy(kernel, shop).services[0].id
    operation_id = operation_of(kernel, service_id).id

    def outlast_the_lease() -> None:
        first = operation_of(kernel, service_id).lease_until
        for _ in range(PATIENCE):
            if operation_of(kernel, service_id).lease_until != first:
                break
            sleep(0.05)
        prolonged = operation_of(kernel, service_id).lease_until
        assert first is not None
        assert prolonged is not None
        assert prolonged > first
        run_operation(kernel, operation_id)

    module.meanwhile["open_service"] = outlast_the_lease
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls == ["open_service"]
    kernel.database.close()
