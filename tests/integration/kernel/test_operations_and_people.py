"""Operations that people decide: what a person says is what happened."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    go_on,
    make_administrator,
    make_kernel,
    make_shop,
    money_of,
    open_tasks,
    operation_of,
    renew,
    run_newest,
    service_of,
)

from billing_hookspecs import (
    Capability,
    Done,
    FormField,
    InvalidInputError,
    NotFound,
    Pending,
)
from billing_kernel.application.completing import OperationUnresolvedError, complete_task
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.provisioning import run_operation
from billing_kernel.application.registering import Caller
from billing_kernel.application.resolving import Outcome, resolve, retry_operation
from billing_kernel.domain.states import IllegalTransitionError
from billing_kernel.settings import Settings


def failed(kernel: Kernel, module: FakeModule, service_id: int) -> int:
    """An operation that waits for a person; its id."""
    module.answers += [Pending(5, "up-5"), NotFound()]
    go_on(kernel, service_id)
    go_on(kernel, service_id)
    return operation_of(kernel, service_id).id


def test_a_person_says_that_it_was_done(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """The service opens with what the person found, the money is earned, the task is over."""
    operation_id = failed(kernel, module, service_id)
    found = Outcome(is_done=True, facts={"key": "K-9"}, upstream_id="up-9")
    kernel.database.run(lambda session: resolve(session, kernel, operation_id, found))
    service = service_of(kernel, service_id)
    assert (service.status, service.upstream_id, service.facts["key"]) == ("active", "up-9", "K-9")
    assert (money_of(kernel, shop), open_tasks(kernel)) == ((4000, 0), [])
    with pytest.raises(IllegalTransitionError):
        kernel.database.run(lambda session: resolve(session, kernel, operation_id, found))


def test_a_person_says_that_it_was_not_done(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """The money returns once, and the question is answered."""
    operation_id = failed(kernel, module, service_id)
    nothing = Outcome(is_done=False, facts={}, reason="never arrived")
    kernel.database.run(lambda session: resolve(session, kernel, operation_id, nothing))
    assert (service_of(kernel, service_id).status, money_of(kernel, shop)) == ("failed", (5000, 0))
    assert [(task.kind, task.detail) for task in open_tasks(kernel)] == [
        ("refused_operation", "never arrived")
    ]


def test_a_person_lets_it_be_tried_again_and_it_is_looked_up_first(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Trying again is never a way around the look-up."""
    operation_id = failed(kernel, module, service_id)
    module.answers += [Done("up-5")]
    kernel.database.run(lambda session: retry_operation(session, operation_id))
    assert open_tasks(kernel) == []
    assert run_newest(kernel, service_id).state == "done"
    assert module.calls[-1] == "find_operation"


def test_ticking_a_question_off_does_not_answer_it(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """Money is held until somebody says what happened."""
    failed(kernel, module, service_id)
    (task,) = open_tasks(kernel)
    caller = Caller("administrator", 1, 0)
    with pytest.raises(OperationUnresolvedError):
        kernel.database.run(lambda session: complete_task(session, kernel, task.id, caller, {}))


def test_nobody_decides_while_a_worker_is_calling(
    kernel: Kernel, module: FakeModule, service_id: int
) -> None:
    """The worker's answer would come on top of the person's."""
    module.answers += [KeyboardInterrupt()]
    operation_id = operation_of(kernel, service_id).id
    with pytest.raises(KeyboardInterrupt):
        run_operation(kernel, operation_id)
    nothing = Outcome(is_done=False, facts={})
    with pytest.raises(IllegalTransitionError):
        kernel.database.run(lambda session: resolve(session, kernel, operation_id, nothing))


class HandModule(FakeModule):
    """A driver whose upstream is a department."""

    key = "hand"
    capabilities = frozenset({Capability.MANUAL, Capability.SUSPEND})
    task_facts = (
        FormField("ip", {"en": "Address"}),
        FormField("rack", {"en": "R"}, required=False),
    )


@pytest.fixture
def by_hand() -> HandModule:
    return HandModule()


@pytest.fixture
def workshop(settings: Settings, by_hand: HandModule) -> Iterator[Kernel]:
    """A kernel whose services are made by people."""
    built = make_kernel(settings, by_hand)
    yield built
    built.database.close()


def complete(kernel: Kernel, **facts: str) -> None:
    """An administrator does what the oldest open task asks for."""

    def work(session: Session) -> None:
        caller = Caller("administrator", make_administrator(session).id, 0)
        complete_task(session, kernel, open_tasks(kernel)[0].id, caller, facts)

    kernel.database.run(work)


def test_a_department_opens_a_service_by_completing_its_task(
    workshop: Kernel, by_hand: HandModule
) -> None:
    """The person's facts are the outcome; the driver itself is never called."""
    shop = make_shop(workshop, driver="hand")
    service_id = buy(workshop, shop).services[0].id
    assert [go_on(workshop, service_id) for _ in range(2)] == ["waiting", "waiting"]
    (task,) = open_tasks(workshop)
    assert (task.kind, task.service_id) == ("manual_operation", service_id)
    with pytest.raises(InvalidInputError) as refusal:
        complete(workshop, rack="5")
    assert [error.pointer for error in refusal.value.errors] == ["/facts/ip"]
    assert money_of(workshop, shop) == (4000, 1000)
    complete(workshop, ip="192.0.2.7")
    service = service_of(workshop, service_id)
    assert (service.status, service.facts["ip"]) == ("active", "192.0.2.7")
    assert (money_of(workshop, shop), open_tasks(workshop), by_hand.calls) == ((4000, 0), [], [])


def test_a_department_may_find_that_it_cannot_be_done(workshop: Kernel) -> None:
    """Then the money returns as after any refusal."""
    shop = make_shop(workshop, driver="hand")
    service_id = buy(workshop, shop).services[0].id
    go_on(workshop, service_id)
    operation_id = operation_of(workshop, service_id).id
    nothing = Outcome(is_done=False, facts={}, reason="no rack left")
    workshop.database.run(lambda session: resolve(session, workshop, operation_id, nothing))
    assert money_of(workshop, shop) == (5000, 0)
    assert [task.kind for task in open_tasks(workshop)] == ["refused_operation"]


def test_a_renewal_by_hand_troubles_nobody_where_time_is_counted_here(workshop: Kernel) -> None:
    """A paid month changes nothing on the machine."""
    shop = make_shop(workshop, driver="hand")
    service_id = buy(workshop, shop).services[0].id
    go_on(workshop, service_id)
    complete(workshop, ip="192.0.2.7")
    renew(workshop, shop, service_id)
    assert go_on(workshop, service_id) == "done"
    assert service_of(workshop, service_id).expires_on == date(2026, 3, 31)
    assert open_tasks(workshop) == []
