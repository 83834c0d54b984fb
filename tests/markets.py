"""Somebody who sells hosting, and a client who buys it, over HTTP alone."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.factories import FakeModule

from billing_hookspecs import Capability

PROVIDER = {
    "name": "Acme",
    "currency": "USD",
    "time_zone": "Europe/Berlin",
    "default_country": "DE",
    "notification_email": "ops@acme.test",
}


RESELLER = ("reseller@example.com", "reseller-pa55:word")
"""The provider's account at the simulated vendor of licences."""


class HostingModule(FakeModule):
    """A driver that provides hosting and servers, and answers what a test wrote down."""

    key: ClassVar[str] = "fake_hosting"
    product_types: ClassVar[tuple[str, ...]] = ("shared_hosting", "vps", "thing")
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.RENEW})


def dollars(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "USD"}


def price(period_months: int, amount_minor: int, **more: Any) -> dict[str, Any]:
    """One entry of ``prices``."""
    return {"period_months": period_months, "price": dollars(amount_minor), **more}


@dataclass(frozen=True)
class Market:
    """A provider that sells in dollars, a connection that provides, and a client with 1000.00."""

    administrator: Any
    client: Any
    guest: Any
    provider_id: int
    module_id: int

    def plan_of(self, **said: Any) -> dict[str, Any]:
        """The body of a tariff plan for hosting at 3.00 a month."""
        return {
            "provider_id": self.provider_id,
            "product_type": "shared_hosting",
            "processing_module_id": self.module_id,
            "name": {"en": "Start"},
            "prices": [price(1, 300)],
            **said,
        }

    def plan(self, **said: Any) -> Any:
        return self.administrator.done("POST", "/admin/tariff-plans", self.plan_of(**said))

    def change(self, plan: Any, **said: Any) -> Any:
        return self.administrator.done("PATCH", f"/admin/tariff-plans/{plan['id']}", said)

    def addons(self, plan: Any) -> dict[str, Any]:
        """A plan's addons by their resource types."""
        items = self.administrator.done("GET", f"/admin/tariff-plans/{plan['id']}/addons")["items"]
        return {addon["resource_type"]: addon for addon in items}

    def offered(self, **said: Any) -> list[str]:
        """The names of what the client is offered, in order."""
        query = "&".join(f"{name}={value}" for name, value in said.items())
        return [plan["name"] for plan in self.client.done("GET", f"/tariff-plans?{query}")["items"]]

    def order_of(self, plan: Any, **said: Any) -> dict[str, Any]:
        """The body of an order for a month, paid from the balance."""
        wanted = {"tariff_plan_id": plan["id"], "period_months": 1, "pay_with": {"balance": True}}
        return {**wanted, **said}

    def order(self, plan: Any, **said: Any) -> Any:
        return self.client.done("POST", "/orders", self.order_of(plan, **said))

    def refuse(self, plan: Any, status: int, code: str, **said: Any) -> Any:
        """The problem of an order that must be refused."""
        return self.client.refused("POST", "/orders", self.order_of(plan, **said), status, code)

    def group(self, name: str, **said: Any) -> int:
        """The id of a new client group."""
        body = {"name": name, **said}
        return int(self.administrator.done("POST", "/admin/client-groups", body)["id"])

    def join(self, group_id: int | None) -> None:
        """Put the client into a group."""
        path = f"/admin/clients/{self.client.id}"
        changed = self.administrator.done("PATCH", path, {"client_group_id": group_id})
        assert changed["client_group_id"] == group_id
