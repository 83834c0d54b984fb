"""Suspend, resume and delete: only what is possible, one thing at a time."""

import pytest
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    go_on,
    make_kernel,
    make_shop,
    money_of,
    open_one,
    open_tasks,
    service_of,
)

from billing_hookspecs import Capability, OperationKind, UpstreamRefusedError
from billing_kernel.application.closing import NotSupportedError, act_on_service, allowed_actions
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.starting import OperationInProgressError
from billing_kernel.domain.states import IllegalTransitionError
from billing_kernel.models import Service
from billing_kernel.settings import Settings

SUSPEND, RESUME, CLOSE = OperationKind.SUSPEND, OperationKind.RESUME, OperationKind.CLOSE
CHANGES = ("change_addons", "change_tariff")


def act(kernel: Kernel, service_id: int, kind: OperationKind) -> str:
    """Begin it and carry it out; the service's status then."""
    kernel.database.run(lambda session: act_on_service(session, kernel, service_id, kind))
    go_on(kernel, service_id)
    return service_of(kernel, service_id).status


def actions(kernel: Kernel, service_id: int) -> list[str]:
    with kernel.database.reading() as session:
        return allowed_actions(session, kernel, session.get_one(Service, service_id))


def test_a_service_is_suspended_resumed_and_deleted(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """Each step is an instruction to the upstream, and none of them moves money."""
    service_id = open_one(kernel, shop)
    before = money_of(kernel, shop)
    version = service_of(kernel, service_id).version
    assert act(kernel, service_id, SUSPEND) == "suspended"
    assert act(kernel, service_id, RESUME) == "active"
    assert act(kernel, service_id, SUSPEND) == "suspended"
    assert act(kernel, service_id, CLOSE) == "deleted"
    assert module.calls[1:] == [
        "suspend_service",
        "resume_service",
        "suspend_service",
        "close_service",
    ]
    assert money_of(kernel, shop) == before
    assert service_of(kernel, service_id).version == version + 4


@pytest.mark.parametrize("kind", [RESUME, SUSPEND, CLOSE])
def test_only_what_the_state_allows_is_begun(
    kernel: Kernel, shop: Shop, module: FakeModule, kind: OperationKind
) -> None:
    """A deleted service stays deleted; nothing reaches the upstream."""
    service_id = open_one(kernel, shop)
    act(kernel, service_id, CLOSE)
    calls = len(module.calls)
    with pytest.raises(IllegalTransitionError):
        act(kernel, service_id, kind)
    assert len(module.calls) == calls


def test_an_active_service_cannot_be_resumed(kernel: Kernel, shop: Shop) -> None:
    """It runs already."""
    with pytest.raises(IllegalTransitionError):
        act(kernel, open_one(kernel, shop), RESUME)


def test_nothing_is_begun_while_something_else_is_under_way(
    kernel: Kernel, service_id: int
) -> None:
    """Two instructions about one service could arrive in any order."""
    with pytest.raises(OperationInProgressError):
        kernel.database.run(lambda session: act_on_service(session, kernel, service_id, CLOSE))
    assert actions(kernel, service_id) == []


def test_a_refused_suspension_leaves_the_service_running(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """A person is told; no money is given back for what wasn't sold."""
    service_id = open_one(kernel, shop)
    module.answers.append(UpstreamRefusedError("locked"))
    assert act(kernel, service_id, SUSPEND) == "active"
    assert [task.kind for task in open_tasks(kernel)] == ["refused_operation"]
    assert money_of(kernel, shop) == (4000, 0)


def test_a_failed_service_is_deleted_at_once(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """The upstream never had it, so there is nobody to ask."""
    module.answers.append(UpstreamRefusedError("no_stock"))
    service_id = buy(kernel, shop).services[0].id
    go_on(kernel, service_id)
    assert actions(kernel, service_id) == ["delete"]
    kernel.database.run(lambda session: act_on_service(session, kernel, service_id, CLOSE))
    assert service_of(kernel, service_id).status == "deleted"
    assert module.calls == ["open_service"]


class PlainModule(FakeModule):
    """A driver that can open and close, and nothing else."""

    key = "plain"
    capabilities: frozenset[Capability] = frozenset()  # type: ignore[misc]


def test_what_a_driver_does_not_offer_is_not_begun(settings: Settings) -> None:
    """Clients aren't shown it, and asking for it all the same is refused at once."""
    kernel = make_kernel(settings, PlainModule())
    shop = make_shop(kernel, driver="plain")
    service_id = open_one(kernel, shop)
    assert actions(kernel, service_id) == ["delete", "renew"]
    with pytest.raises(NotSupportedError):
        act(kernel, service_id, SUSPEND)
    assert act(kernel, service_id, CLOSE) == "deleted"
    kernel.database.close()


def test_what_can_be_done_follows_the_state(kernel: Kernel, shop: Shop) -> None:
    """What is shown is what is allowed."""
    service_id = open_one(kernel, shop)
    assert sorted(actions(kernel, service_id)) == [*CHANGES, "delete", "renew", "suspend"]
    act(kernel, service_id, SUSPEND)
    assert sorted(actions(kernel, service_id)) == [*CHANGES, "delete", "renew", "resume"]
    act(kernel, service_id, CLOSE)
    assert actions(kernel, service_id) == []
