"""User names that are made at the same moment."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.factories import Shop, make_client, place, service_of

from billing_hookspecs import BillingError
from billing_kernel.application.cataloguing import change_plan, fields_of
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.labelling import NamesTakenError
from billing_kernel.models import TariffPlan

AtOnce = Callable[[list[Callable[[], str]]], list[str | BillingError]]


@pytest.fixture
def shop(kernel: Kernel, shop: Shop) -> Shop:
    """Names services by the client's login alone."""

    def rename(session):
        plan = session.get_one(TariffPlan, shop.plan.id)
        fields = replace(fields_of(session, plan), username_template="@USERNAME@")
        change_plan(session, kernel, plan.id, fields)

    kernel.database.run(rename)
    return shop


def test_clients_of_one_name_who_order_at_once_get_names_of_their_own(
    kernel: Kernel, shop: Shop, at_once: AtOnce
) -> None:
    """Two accounts of one name on a panel would be one account of two clients."""
    addresses = [f"ann@{number}.test" for number in range(8)]
    clients = kernel.database.run(
        lambda session: [make_client(session, shop.provider, email) for email in addresses]
    )

    def order_as(client):
        placed = place(kernel, replace(shop, client=client))
        return service_of(kernel, placed.services[0].id).username

    made = at_once([lambda client=client: order_as(client) for client in clients])
    assert sorted(made) == ["ann", *(f"ann{number}" for number in range(2, 9))]


def test_an_order_that_no_name_is_left_for_is_refused(
    kernel: Kernel, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than two services of one name; nothing of the order stays."""
    monkeypatch.setattr("billing_kernel.application.labelling.BATCH", 2)
    monkeypatch.setattr("billing_kernel.application.labelling.BATCHES_MAX", 2)
    for _ in range(4):
        place(kernel, shop)
    with pytest.raises(NamesTakenError):
        place(kernel, shop)
