"""Each night what was sold is compared with what exists upstream; people hear of differences."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    make_kernel,
    make_shop,
    open_one,
    open_tasks,
    run_newest,
    service_of,
)

from billing_hookspecs import Capability, Context, ImportableService, Pending, UpstreamBusyError
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.reconciling import (
    NothingToReconcileError,
    ask_to_reconcile,
    reconcile,
    reconcile_module,
)
from billing_kernel.models import OutboxMessage
from billing_kernel.settings import Settings

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


@dataclass(eq=False)
class ListingModule(FakeModule):
    """Says what exists upstream."""

    capabilities: ClassVar[frozenset[Capability]] = FakeModule.capabilities | {
        Capability.IMPORT_SERVICES
    }
    upstream: list[ImportableService] | Exception = field(default_factory=list)

    def import_services(self, context: Context) -> tuple[ImportableService, ...]:
        if isinstance(self.upstream, Exception):
            raise self.upstream
        return tuple(self.upstream)


@pytest.fixture
def module() -> ListingModule:
    return ListingModule()


@pytest.fixture
def kernel(settings: Settings, module: ListingModule) -> Iterator[Kernel]:
    made = make_kernel(settings, module)
    yield made
    made.database.close()


@pytest.fixture
def shop(kernel: Kernel) -> Shop:
    return make_shop(kernel)


def queued(kernel: Kernel) -> int:
    def ask(session) -> int:
        before = session.query(OutboxMessage).count()
        ask_to_reconcile(session, kernel)
        session.flush()
        return session.query(OutboxMessage).count() - before

    return kernel.database.run(ask)


def test_a_difference_is_a_task_until_it_is_gone(
    kernel: Kernel, module: ListingModule, shop: Shop
) -> None:
    """A service that vanished upstream is paid for by a client who has nothing."""
    service_id = open_one(kernel, shop)
    assert queued(kernel) == 1
    for _ in range(2):
        reconcile_module(kernel, shop.module_id)
    [task] = open_tasks(kernel)
    assert (task.kind, task.title) == ("upstream_differs", "Fake: the upstream differs in 1 places")
    assert f"service {service_id}" in task.detail
    there = ImportableService(service_of(kernel, service_id).upstream_id, "thing", "", "thing")
    module.upstream = [there]
    assert reconcile(kernel, shop.module_id).checked == 1
    assert open_tasks(kernel) == []
    assert service_of(kernel, service_id).status == "active"


def test_what_the_upstream_is_still_opening_is_no_ghost(
    kernel: Kernel, module: ListingModule, shop: Shop
) -> None:
    """An order that takes the vendor days would be a task each night."""
    module.answers = [Pending(60, "up-9")]
    run_newest(kernel, buy(kernel, shop).services[0].id)
    module.upstream = [ImportableService("up-9", "thing", "", "thing")]
    assert reconcile(kernel, shop.module_id).differences == ()
    module.upstream.append(ImportableService("up-10", "thing", "", "thing"))
    [ghost] = reconcile(kernel, shop.module_id).differences
    assert ghost.upstream_id == "up-10"


def test_an_upstream_that_is_away_says_nothing(
    kernel: Kernel, module: ListingModule, shop: Shop
) -> None:
    """Half an answer would make ghosts of everything."""
    open_one(kernel, shop)
    module.upstream = UpstreamBusyError("away")
    reconcile_module(kernel, shop.module_id)
    assert open_tasks(kernel) == []


def test_drivers_that_can_not_list_are_left_out(settings: Settings) -> None:
    """Asking them would only fill the log."""
    kernel = make_kernel(settings, FakeModule())
    shop = make_shop(kernel)
    assert queued(kernel) == 0
    with pytest.raises(NothingToReconcileError, match="can't list services"):
        reconcile(kernel, shop.module_id)
    kernel.database.close()
