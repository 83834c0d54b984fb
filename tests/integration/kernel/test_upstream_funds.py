"""F-029: renewals wait while the provider's own account at their upstream is short."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.factories import (
    FakeModule,
    Shop,
    let_come_due,
    make_shop,
    money_of,
    open_one,
    open_tasks,
    operation_of,
    renew,
    run_newest,
    service_of,
)

from billing_hookspecs import (
    Capability,
    Context,
    Money,
    UpstreamBusyError,
    UpstreamFundsError,
    UpstreamRefusedError,
)
from billing_kernel.application.expiring import suspend_expired
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.resolving import Outcome, resolve
from billing_kernel.domain.upstream_funds import LONGEST
from billing_kernel.models import Operation, ProcessingModule, Task, UpstreamBalance, wall_clock

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

ENOUGH, TOO_LITTLE = Money(1000, "EUR"), Money(999, "EUR")


@dataclass(eq=False)
class AccountedModule(FakeModule):
    """A driver whose upstream has an account; an exception in ``has`` is raised."""

    capabilities = FakeModule.capabilities | {Capability.BALANCE}

    has: Money | Exception = ENOUGH
    looked: list[None] = field(default_factory=list)

    def balance(self, context: Context) -> Money:
        self.looked.append(None)
        if isinstance(self.has, Exception):
            raise self.has
        return self.has

    @property
    def renewed(self) -> int:
        return self.calls.count("renew_service")


@pytest.fixture
def module() -> AccountedModule:
    return AccountedModule()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    """Its module shall always have 10.00 EUR upstream."""
    made = make_shop(kernel)
    least = {"minimal_balance_minor": 1000, "minimal_balance_currency": "EUR"}
    kernel.database.run(
        lambda session: session.execute(
            update(ProcessingModule).where(ProcessingModule.id == made.module_id).values(**least)
        )
    )
    return made


def begin(kernel: Kernel, shop: Shop, service_id: int) -> Operation:
    """A renewal that is paid for, carried one call further."""
    renew(kernel, shop, service_id)
    return run_newest(kernel, service_id)


def go_on(kernel: Kernel, service_id: int) -> Operation:
    """The same operation when it is due, and what was known of the account is old."""
    let_come_due(kernel, service_id)
    long_ago = wall_clock() - timedelta(hours=1)
    kernel.database.run(
        lambda session: session.execute(update(UpstreamBalance).values(asked_at=long_ago))
    )
    return run_newest(kernel, service_id)


def test_a_renewal_waits_until_the_account_has_its_minimum(
    kernel: Kernel, shop: Shop, module: AccountedModule
) -> None:
    """The client paid: it is neither renewed at a loss nor stopped, and its money is safe."""
    service_id = open_one(kernel, shop)
    module.has = TOO_LITTLE
    waiting = begin(kernel, shop, service_id)
    assert waiting.state == "waiting"
    assert waiting.reason == "upstream_funds: 9.99 EUR is left, and the minimum is 10.00 EUR"
    assert (module.renewed, money_of(kernel, shop)) == (0, (3000, 1000))
    expiry = service_of(kernel, service_id).expires_on
    assert expiry is not None
    assert not kernel.database.run(
        lambda session: suspend_expired(session, kernel, service_id, expiry)
    )
    [task] = open_tasks(kernel)
    assert (task.kind, "9.99 EUR" in task.detail) == ("upstream_funds", True)
    assert go_on(kernel, service_id).state == "waiting"
    assert [each.id for each in open_tasks(kernel)] == [task.id]
    module.has = ENOUGH
    assert go_on(kernel, service_id).state == "done"
    assert (module.renewed, money_of(kernel, shop), open_tasks(kernel)) == (1, (3000, 0), [])


def test_many_renewals_make_one_look_up_and_one_alarm(
    kernel: Kernel, shop: Shop, module: AccountedModule
) -> None:
    """A night renews hundreds; as soon as one finds money there, the others needn't wait on."""
    ids = [open_one(kernel, shop) for _ in range(2)]
    module.has = TOO_LITTLE
    assert [begin(kernel, shop, each).state for each in ids] == ["waiting", "waiting"]
    assert (len(module.looked), len(open_tasks(kernel))) == (1, 1)
    module.has = ENOUGH
    assert go_on(kernel, ids[0]).state == "done"
    assert len(open_tasks(kernel)) == 1
    assert run_newest(kernel, ids[1]).state == "done"
    assert (len(module.looked), open_tasks(kernel)) == (2, [])


def test_an_account_that_did_not_grow_hurries_nobody(
    kernel: Kernel, shop: Shop, module: AccountedModule
) -> None:
    """It has its minimum and too little for a renewal: each look would send all of them again."""
    ids = [open_one(kernel, shop) for _ in range(2)]
    module.answers += [UpstreamFundsError("top up", 5)] * 3
    assert [begin(kernel, shop, each).state for each in ids] == ["waiting", "waiting"]
    due_at = operation_of(kernel, ids[1]).due_at + timedelta(days=1)
    kernel.database.run(
        lambda session: session.execute(
            update(Operation).where(Operation.service_id == ids[1]).values(due_at=due_at)
        )
    )
    assert begin_again(kernel, ids[0]).state == "waiting"
    assert operation_of(kernel, ids[1]).due_at == due_at
    module.has = ENOUGH + ENOUGH
    assert begin_again(kernel, ids[0]).state == "done"
    assert operation_of(kernel, ids[1]).due_at <= wall_clock()


def begin_again(kernel: Kernel, service_id: int) -> Operation:
    """The operation of one service alone, due now, when nothing is known of the account."""
    past = wall_clock() - timedelta(hours=1)
    kernel.database.run(
        lambda session: session.execute(
            update(Operation).where(Operation.service_id == service_id).values(due_at=past)
        )
    )
    kernel.database.run(
        lambda session: session.execute(update(UpstreamBalance).values(asked_at=past))
    )
    return run_newest(kernel, service_id)


def test_an_account_that_nobody_can_judge_is_no_reason_to_go_on(
    kernel: Kernel, shop: Shop, module: AccountedModule
) -> None:
    """People are told where waiting alone doesn't help: of wrong rights, or another currency."""
    service_id = open_one(kernel, shop)
    module.has = UpstreamBusyError("maintenance")
    assert begin(kernel, shop, service_id).state == "waiting"
    assert open_tasks(kernel) == []
    for useless in (UpstreamRefusedError("rights", "not allowed"), Money(5000, "RUB")):
        module.has = useless
        assert go_on(kernel, service_id).state == "waiting"
        [task] = open_tasks(kernel)
        assert ("RUB" if isinstance(useless, Money) else "not allowed") in task.detail
    assert module.renewed == 0
    module.has = ENOUGH
    assert go_on(kernel, service_id).state == "done"


def test_an_upstream_that_says_so_itself_raises_the_same_alarm(
    kernel: Kernel, shop: Shop, module: AccountedModule
) -> None:
    """Given up by a person, the money returns and nothing is left to alarm about."""
    service_id = open_one(kernel, shop)
    module.answers += [UpstreamFundsError("top up", 60)] * 2
    assert begin(kernel, shop, service_id).state == "waiting"
    assert [task.kind for task in open_tasks(kernel)] == ["upstream_funds"]
    waiting = go_on(kernel, service_id)
    assert waiting.reason == "upstream_funds: top up"
    assert waiting.due_at - wall_clock() < LONGEST
    outcome = Outcome(is_done=False, facts={})
    kernel.database.run(lambda session: resolve(session, kernel, waiting.id, outcome))
    assert operation_of(kernel, service_id).state == "refused"
    assert money_of(kernel, shop) == (4000, 0)
    with kernel.database.reading() as session:
        kinds = [(task.kind, task.status) for task in session.query(Task)]
    assert ("upstream_funds", "done") in kinds
