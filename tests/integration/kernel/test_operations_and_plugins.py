"""Operations whose driver is broken, missing or unable: they wait, or end with a reason."""

from dataclasses import replace

from sqlalchemy import select
from tests.factories import (
    FakeModule,
    Shop,
    buy,
    go_on,
    make_kernel,
    make_shop,
    money_of,
    operation_of,
)

from billing_hookspecs import (
    CapabilityMissingError,
    OutcomeUnknownError,
    Secret,
)
from billing_kernel.application.kernel import Kernel
from billing_kernel.models import OutboxMessage, wall_clock
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

LOST = OutcomeUnknownError("lost")


def waits_in_outbox(kernel: Kernel, service_id: int) -> bool:
    """Whether a worker will be told of the operation by itself."""
    wanted = {"operation_id": operation_of(kernel, service_id).id}
    with kernel.database.reading() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.due_at > wall_clock()))
        return wanted in [row.arguments for row in rows]


class OtherModule(FakeModule):
    """What is installed instead of the driver that a connection names."""

    key = "other"


def test_a_faulty_driver_is_set_aside_and_its_operations_wait(
    kernel: Kernel, shop: Shop, module: FakeModule
) -> None:
    """After too many faults it isn't called any more; released, it goes on where it stood."""
    service_ids = [buy(kernel, shop).services[0].id for _ in range(3)]
    first, *_, last = service_ids
    module.answers += [ValueError("bug")] * 5
    for _ in range(5):
        go_on(kernel, first)
    assert operation_of(kernel, first).state == "unknown"
    calls = len(module.calls)
    assert go_on(kernel, last) == "queued"
    assert "release its plugin" in operation_of(kernel, last).reason
    assert go_on(kernel, first) == "unknown"
    assert len(module.calls) == calls
    assert money_of(kernel, shop) == (2000, 3000)
    kernel.extensions.release("fake_things")
    assert [go_on(kernel, each) for each in (first, last)] == ["done", "done"]
    assert module.calls[calls:] == ["find_operation", "open_service"]


def test_operations_of_a_missing_driver_wait_for_it(settings: Settings, module: FakeModule) -> None:
    """An upgrade without the plugin loses nothing; with it again, everything goes on."""
    kernel = make_kernel(settings, module)
    shop = make_shop(kernel)
    service_id = buy(kernel, shop).services[0].id
    bare = make_kernel(settings, OtherModule())
    assert go_on(bare, service_id) == "queued"
    assert "not available" in operation_of(bare, service_id).reason
    assert waits_in_outbox(bare, service_id)
    bare.database.close()
    assert go_on(kernel, service_id) == "done"
    kernel.database.close()


def test_unreadable_secrets_stop_the_call_and_say_so(
    settings: Settings, kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """A lost key must not turn a paid order into an endless crash."""
    other = make_kernel(replace(settings, secret_keys=(Secret(new_key()),)), module)
    assert go_on(other, service_id) == "queued"
    assert "BILLING_SECRET_KEYS" in operation_of(other, service_id).reason
    other.database.close()
    assert module.calls == []
    assert go_on(kernel, service_id) == "done"


def test_what_a_driver_cannot_do_is_refused_not_repeated(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """Nothing was done, and asking again would not help."""
    module.answers += [CapabilityMissingError("can't")]
    assert go_on(kernel, service_id) == "refused"
    assert money_of(kernel, shop) == (5000, 0)


def test_a_look_up_that_a_driver_cannot_do_settles_nothing(
    kernel: Kernel, shop: Shop, module: FakeModule, service_id: int
) -> None:
    """It says nothing about what was sent before."""
    module.answers += [LOST, CapabilityMissingError("can't")]
    go_on(kernel, service_id)
    assert go_on(kernel, service_id) == "unknown"
    assert money_of(kernel, shop) == (4000, 1000)
