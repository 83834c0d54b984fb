"""What becomes of an instruction: done once, given back, or a person's question."""

import pytest
from sqlalchemy import select, update
from tests.factories import (
    FakeModule,
    Shop,
    add_another_module,
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
    Done,
    NotFound,
    OutcomeUnknownError,
    Pending,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.provisioning import run_operation
from billing_kernel.domain.operations import ATTEMPTS_MAX, LOOK_UPS_MAX
from billing_kernel.models import Operation, OperationAttempt
from billing_kernel.settings import Settings

LOST = OutcomeUnknownError("lost")


def answers_of(kernel: Kernel, service_id: int) -> list[tuple[int, str, str]]:
    """Number, call and answer of every attempt."""
    operation_id = operation_of(kernel, service_id).id
    with kernel.database.reading() as session:
        rows = session.scalars(
            select(OperationAttempt)
            .where(OperationAttempt.operation_id == operation_id)
            .order_by(OperationAttempt.number)
        )
        return [(row.number, row.call, row.answer) for row in rows]


def set_counts(kernel: Kernel, service_id: int, **columns: int) -> None:
    newest = Operation.id == operation_of(kernel, service_id).id
    kernel.database.run(
        lambda session: session.execute(update(Operation).where(newest).values(**columns))
    )


def test_a_lost_answer_is_looked_up_and_what_was_bought_is_adopted(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """Nothing is sent twice; what the look-up finds is the client's."""
    module.answers += [LOST, Done("up-7", {"key": "K-7"})]
    assert go_on(kernel, service_id) == "unknown"
    assert money_of(kernel, shop) == (4000, 1000)
    assert go_on(kernel, service_id) == "done"
    service = service_of(kernel, service_id)
    assert (service.status, service.upstream_id, service.facts["key"]) == ("active", "up-7", "K-7")
    assert module.calls == ["open_service", "find_operation"]
    assert money_of(kernel, shop) == (4000, 0)
    assert answers_of(kernel, service_id) == [
        (1, "execute", "OutcomeUnknown"),
        (2, "look_up", "Done"),
    ]


def test_what_is_not_found_is_sent_again_only_after_the_quiet_period(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Until then the lost request may still be worked on upstream."""
    module.answers += [LOST, NotFound(), NotFound(), Done("up-2")]
    assert go_on(kernel, service_id) == "unknown"
    assert go_on(kernel, service_id) == "unknown"
    let_pass(kernel, 30)
    assert run_newest(kernel, service_id).state == "unknown"
    assert go_on(kernel, service_id) == "queued"
    assert module.calls == ["open_service", "find_operation", "find_operation"]
    assert go_on(kernel, service_id) == "done"
    assert module.calls[3:] == ["open_service"]


def test_a_worker_that_died_over_its_call_is_followed_by_a_look_up(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Whether its request had left the process, nobody knows."""
    module.answers += [KeyboardInterrupt(), Done("up-1")]
    operation_id = operation_of(kernel, service_id).id
    with pytest.raises(KeyboardInterrupt):
        run_operation(kernel, operation_id)
    run_operation(kernel, operation_id)
    assert operation_of(kernel, service_id).state == "running"
    let_pass(kernel, kernel.settings.lease_s + 1)
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls == ["open_service", "find_operation"]


def test_an_upstream_that_takes_its_time_is_asked_until_it_is_done(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """Money stays held meanwhile, and each look-up waits as long as the upstream asked for."""
    module.answers += [Pending(300, "up-5"), Pending(300), Done("up-5")]
    assert go_on(kernel, service_id) == "waiting"
    assert run_newest(kernel, service_id).upstream_id == "up-5"
    assert module.calls == ["open_service"]
    assert go_on(kernel, service_id) == "waiting"
    assert money_of(kernel, shop) == (4000, 1000)
    assert go_on(kernel, service_id) == "done"
    (_, first), (_, second) = module.asked[1:]
    assert (first.upstream_id, second.upstream_id) == ("up-5", "up-5")


def test_a_busy_upstream_is_tried_again(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Nothing was done, so the instruction itself may be repeated."""
    module.answers += [UpstreamBusyError("full", retry_after_s=120)]
    assert go_on(kernel, service_id) == "queued"
    run_newest(kernel, service_id)
    assert module.calls == ["open_service"]
    assert go_on(kernel, service_id) == "done"
    assert module.calls == ["open_service", "open_service"]


def test_a_busy_module_passes_an_order_on_by_priority(
    settings: Settings, module: FakeModule
) -> None:
    """Whoever can open it does, and keeps the service; after the last comes the first again."""
    kernel = make_kernel(settings, module)
    third = add_another_module(kernel, sort=3)
    shop = make_shop(kernel, any_module=True, sort=1)
    second = add_another_module(kernel, sort=2)
    service_id = buy(kernel, shop).services[0].id
    module.answers += [UpstreamBusyError()] * 4
    tried = []
    for _ in range(5):
        tried.append(operation_of(kernel, service_id).processing_module_id)
        go_on(kernel, service_id)
    assert tried == [shop.module_id, second, third, shop.module_id, second]
    assert service_of(kernel, service_id).processing_module_id == second
    kernel.database.close()


def test_what_may_have_been_bought_never_moves_to_another_module(
    settings: Settings, module: FakeModule
) -> None:
    """Only the module that was asked can tell what became of it."""
    kernel = make_kernel(settings, module)
    shop = make_shop(kernel, any_module=True)
    add_another_module(kernel)
    service_id = buy(kernel, shop).services[0].id
    module.answers += [LOST, UpstreamBusyError(), LOST, Done("up-1")]
    for _ in range(4):
        go_on(kernel, service_id)
    assert service_of(kernel, service_id).processing_module_id == shop.module_id
    assert module.calls == ["open_service", *["find_operation"] * 3]
    kernel.database.close()


def test_an_upstream_that_stays_busy_becomes_a_persons_question(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """An order must not wait for ever unseen."""
    set_counts(kernel, service_id, attempts=ATTEMPTS_MAX - 1)
    module.answers += [UpstreamBusyError("full")]
    assert go_on(kernel, service_id) == "failed"
    (task,) = open_tasks(kernel)
    assert (task.kind, task.operation_id) == (
        "unclear_operation",
        operation_of(kernel, service_id).id,
    )
    assert "full" in task.detail
    assert money_of(kernel, shop) == (4000, 1000)
    assert go_on(kernel, service_id) == "failed"
    assert len(module.calls) == 1


def test_the_providers_empty_account_is_waited_for_without_limit(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """Topping it up is somebody's job already; the client's money stays held."""
    set_counts(kernel, service_id, attempts=ATTEMPTS_MAX + 5)
    module.answers += [UpstreamFundsError("top up")]
    assert go_on(kernel, service_id) == "waiting"
    assert operation_of(kernel, service_id).reason == "upstream_funds: top up"
    assert money_of(kernel, shop) == (4000, 1000)
    assert go_on(kernel, service_id) == "done"


@pytest.mark.parametrize("answer", [LOST, UpstreamBusyError(), Pending(5)])
def test_a_look_up_that_never_settles_it_becomes_a_persons_question(
    kernel: Kernel, module: FakeModule, service_id: int, answer: Pending | Exception
) -> None:
    """Neither sent again nor given back: only a person can look further."""
    module.answers += [LOST, answer]
    go_on(kernel, service_id)
    set_counts(kernel, service_id, look_ups=LOOK_UPS_MAX - 1)
    assert go_on(kernel, service_id) == "failed"
    assert [task.kind for task in open_tasks(kernel)] == ["unclear_operation"]


def test_what_was_accepted_and_then_forgotten_becomes_a_persons_question(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """The upstream confirmed it once: sending it again could buy it twice."""
    module.answers += [Pending(5, "up-5"), NotFound()]
    go_on(kernel, service_id)
    assert go_on(kernel, service_id) == "failed"
    assert module.calls == ["open_service", "find_operation"]


def test_a_refusal_that_a_look_up_finds_gives_the_money_back(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """It ended upstream without being done."""
    module.answers += [LOST, UpstreamRefusedError("rejected")]
    go_on(kernel, service_id)
    assert go_on(kernel, service_id) == "refused"
    assert money_of(kernel, shop) == (5000, 0)


def test_an_ended_operation_is_left_alone(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Messages come twice and late; nothing happens then."""
    go_on(kernel, service_id)
    for _ in range(3):
        go_on(kernel, service_id)
    run_operation(kernel, 10**12)
    assert module.calls == ["open_service"]
