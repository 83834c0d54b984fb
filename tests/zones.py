"""A simulated name server beside a market, and the work that is left for it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from tests.factories import service_of
from tests.markets import HostingModule, Market

from billing_hookspecs import Done
from billing_ispmanager_hosting.simulator import IspmanagerPanel
from billing_kernel.application.kernel import Kernel
from billing_kernel.messaging.actors import ACTORS
from billing_kernel.models import OutboxMessage, ServiceDomain, wall_clock

ZONE = "hosting.test"
USERNAME, PASSWORD = "dns", "dns-pa55:word"
ADDRESS = "192.0.2.80"
DOMAIN = f"annexample.{ZONE}"


def name_server_of(market: Market, url: str, **said: Any) -> dict[str, Any]:
    """The body of a name server for free domains."""
    return {
        "provider_id": market.provider_id,
        "driver": "ispmanager",
        "name": {"en": "Names of clients"},
        "settings": {"url": url, "username": USERNAME, "password": PASSWORD},
        "for_free_domains": True,
        **said,
    }


def work_off(kernel: Kernel, *held: str) -> None:
    """What a worker does until no message is due; those for actors that are ``held`` wait."""

    def take(session: Any) -> list[OutboxMessage]:
        is_due = (OutboxMessage.due_at <= wall_clock(), OutboxMessage.actor.not_in(held))
        taken = list(session.scalars(select(OutboxMessage).where(*is_due)))
        for message in taken:
            session.delete(message)
        return taken

    while messages := kernel.database.run(take):
        for message in messages:
            ACTORS[message.actor](kernel, **message.arguments)


def let_domains_come_due(kernel: Kernel) -> None:
    """Make time pass until every name server is to be asked again."""
    now = wall_clock() - timedelta(seconds=1)

    def shift(session: Any) -> None:
        session.execute(update(ServiceDomain).values(due_at=now))
        named = OutboxMessage.actor == "direct_domain"
        session.execute(update(OutboxMessage).where(named).values(due_at=now))

    kernel.database.run(shift)


@dataclass
class NameMarket:
    """A market whose plans make names in a zone of a simulated name server."""

    market: Market
    kernel: Kernel
    module: HostingModule
    panel: IspmanagerPanel
    server: dict[str, Any]

    def plan(self, **said: Any) -> Any:
        named = {"name_server_id": self.server["id"], "domain_template": f"@USERNAME@.{ZONE}"}
        return self.market.plan(**named | said)

    def open(self, plan: Any, address: str = ADDRESS, **said: Any) -> int:
        """The id of a service that was opened and reported its address."""
        self.module.answers.append(Done("up-1", {"ip": address} if address else {}))
        placed = self.market.order(plan, **said)
        work_off(self.kernel)
        return int(placed["service"]["id"])

    def close(self, service_id: int) -> None:
        self.market.administrator.done("DELETE", f"/admin/services/{service_id}")
        work_off(self.kernel)

    def status(self, service_id: int) -> str:
        return str(service_of(self.kernel, service_id).status)

    def standing(self, service_id: int) -> Any:
        """Where a free domain stands; None for a service without one."""
        answer = self.market.administrator.send("GET", f"/admin/services/{service_id}/domain")
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.is_success else None

    def leads_to(self, domain: str = DOMAIN) -> list[str]:
        """The addresses of a name, as the zone has them."""
        with self.panel.lock:
            records = self.panel.zones[ZONE].records
            return [it.value for it in records if it.name == f"{domain}." and it.type == "A"]

    def tasks(self) -> list[Any]:
        items = self.market.administrator.done("GET", "/admin/tasks?status=open")["items"]
        return [task for task in items if task["kind"] == "unpointed_domain"]
