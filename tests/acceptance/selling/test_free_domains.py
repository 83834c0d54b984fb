"""Free domains, while the name server answers, refuses, and falls silent."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from tests.markets import HostingModule, Market
from tests.zones import (
    ADDRESS,
    DOMAIN,
    PASSWORD,
    USERNAME,
    ZONE,
    NameMarket,
    let_domains_come_due,
    name_server_of,
    work_off,
)

from billing_hookspecs import Done
from billing_ispmanager_hosting.simulator import IspmanagerPanel, ZoneRecord
from billing_ispsystem_api.simulator import USER, PanelServer
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.pointing import direct_domain
from billing_kernel.application.sweeping import sweep
from billing_kernel.models import OutboxMessage, ServiceDomain, wall_clock

SERVERS = "/admin/name-servers"


@pytest.fixture
def panel() -> IspmanagerPanel:
    panel = IspmanagerPanel()
    panel.add_user(USERNAME, PASSWORD, USER)
    panel.add_zone(ZONE, USERNAME)
    return panel


@pytest.fixture
def url(panel: IspmanagerPanel) -> Iterator[str]:
    with PanelServer(panel) as running:
        yield f"{running.endpoint}/"


@pytest.fixture
def names(
    market: Market, kernel: Kernel, module: HostingModule, panel: IspmanagerPanel, url: str
) -> NameMarket:
    server = market.administrator.done("POST", SERVERS, name_server_of(market, url))
    return NameMarket(market, kernel, module, panel, server)


def test_a_free_domain_leads_to_its_service(names: NameMarket) -> None:
    """The client sees the site at once, without knowing what a record is."""
    service_id = names.open(names.plan())
    assert names.leads_to() == [ADDRESS]
    standing = names.standing(service_id)
    assert (standing["state"], standing["domain"]) == ("settled", DOMAIN)
    assert (standing["address"], standing["name_server_id"]) == (ADDRESS, names.server["id"])


def test_what_a_client_gave_is_never_touched(names: NameMarket) -> None:
    """It is the client's domain, even where it lies in our zone."""
    service_id = names.open(names.plan(), parameters={"domain": f"shop.{ZONE}"})
    assert names.standing(service_id) is None
    assert names.leads_to(f"shop.{ZONE}") == []


def test_a_plan_without_a_name_server_points_nothing(names: NameMarket) -> None:
    """Its template may make names of a domain that is kept elsewhere."""
    service_id = names.open(names.plan(name_server_id=None))
    assert names.standing(service_id) is None
    assert names.leads_to() == []


def test_a_deleted_service_gives_its_name_back(names: NameMarket) -> None:
    """The next client who has it must not show the former one's site, nor the reverse."""
    service_id = names.open(names.plan())
    names.close(service_id)
    assert names.status(service_id) == "deleted"
    assert names.leads_to() == []
    assert names.standing(service_id) is None


def test_a_service_that_has_no_address_yet_waits_for_it(names: NameMarket) -> None:
    """Addresses that come with a later answer are as good."""
    plan = names.plan()
    service_id = names.open(plan, address="")
    assert names.standing(service_id)["state"] == "waiting"
    names.module.answers.append(Done(facts={"ip": ADDRESS}))
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    names.market.client.done("POST", f"/services/{service_id}/renew", renewal)
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]


def test_a_domain_follows_its_service(names: NameMarket) -> None:
    """Half of the visitors would be sent to the former address."""
    service_id = names.open(names.plan())
    names.module.answers.append(Done(facts={"ip": "192.0.2.81"}))
    renewal = {"period_months": 1, "pay_with": {"balance": True}}
    names.market.client.done("POST", f"/services/{service_id}/renew", renewal)
    work_off(names.kernel)
    assert names.leads_to() == ["192.0.2.81"]
    assert names.standing(service_id)["state"] == "settled"


def test_a_name_server_that_fails_keeps_no_service_from_opening(names: NameMarket) -> None:
    """Hosting that was paid for runs; its name comes when the name server does."""
    names.panel.faults.add("busy", times=0)
    service_id = names.open(names.plan())
    assert names.status(service_id) == "active"
    standing = names.standing(service_id)
    assert (standing["state"], standing["tries"]) == ("working", 1)
    names.panel.faults.clear()
    let_domains_come_due(names.kernel)
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]
    assert names.tasks() == []


@pytest.mark.parametrize("kind", ["answer_lost", "dropped", "truncated", "server_error"])
def test_a_lost_answer_is_looked_up_before_anything_is_sent(names: NameMarket, kind: str) -> None:
    """Sent again unseen, a record would be made twice, or after it was to be gone."""
    names.panel.faults.add(kind, "domain.record.edit")
    service_id = names.open(names.plan())
    assert names.status(service_id) == "active"
    assert names.standing(service_id)["state"] == "working"
    before = len(names.panel.requests.all("domain.record.edit"))
    let_domains_come_due(names.kernel)
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]
    assert names.standing(service_id)["state"] == "settled"
    sent_again = len(names.panel.requests.all("domain.record.edit")) - before
    assert sent_again == (1 if kind == "dropped" else 0)


def test_a_service_that_is_deleted_in_doubt_leaves_nothing(names: NameMarket) -> None:
    """Whether the record was made isn't known: it is removed all the same, and not too early."""
    names.panel.faults.add("answer_lost", "domain.record.edit")
    service_id = names.open(names.plan())
    names.close(service_id)
    assert names.status(service_id) == "deleted"
    assert names.leads_to() == [ADDRESS], "nothing is sent while the request may still take effect"
    let_domains_come_due(names.kernel)
    work_off(names.kernel)
    assert names.leads_to() == []
    assert names.standing(service_id) is None


def test_a_name_is_not_given_away_while_it_still_leads(names: NameMarket) -> None:
    """With one address for all, the late removal would take the next client's record."""
    plan = names.plan()
    service_id = names.open(plan)
    names.panel.faults.add("busy", times=0)
    names.close(service_id)
    assert names.status(service_id) == "deleted"
    other_id = names.open(plan)
    names.panel.faults.clear()
    let_domains_come_due(names.kernel)
    work_off(names.kernel)
    assert names.standing(other_id)["domain"] == f"annexample2.{ZONE}"
    assert names.leads_to() == []
    assert names.leads_to(f"annexample2.{ZONE}") == [ADDRESS]


def test_somebody_elses_name_is_refused_and_a_person_asked(names: NameMarket) -> None:
    """A client whose login is mail must not get the mail server's name."""
    taken = ZoneRecord(f"{DOMAIN}.", "A", "192.0.2.25")
    names.panel.zones[ZONE].records.append(taken)
    service_id = names.open(names.plan())
    assert names.status(service_id) == "active"
    assert names.leads_to() == ["192.0.2.25"]
    assert names.standing(service_id)["state"] == "failed"
    (task,) = names.tasks()
    assert (task["service_id"], DOMAIN in task["title"]) == (service_id, True)
    assert "192.0.2.25" in task["detail"]


def test_completing_the_task_tries_again(names: NameMarket) -> None:
    """The person has mended it; nobody has to know a second button."""
    zone = names.panel.zones.pop(ZONE)
    service_id = names.open(names.plan())
    (task,) = names.tasks()
    names.panel.zones[ZONE] = zone
    names.market.administrator.done("POST", f"/admin/tasks/{task['id']}/complete", {})
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]
    assert names.standing(service_id)["state"] == "settled"
    assert names.tasks() == []


def test_after_the_last_try_a_person_is_asked(names: NameMarket) -> None:
    """Nobody reads the log of a name that leads nowhere; a task is read."""
    names.panel.faults.add("busy", times=0)
    service_id = names.open(names.plan())
    for _ in range(40):
        if names.tasks():
            break
        let_domains_come_due(names.kernel)
        work_off(names.kernel)
    standing = names.standing(service_id)
    assert (standing["state"], standing["tries"]) == ("failed", 24)
    assert names.status(service_id) == "active"
    names.panel.faults.clear()
    names.close(service_id)
    assert names.tasks() == [], "a service that is gone needs no name"
    assert names.standing(service_id) is None


def test_a_name_server_that_is_switched_off_is_waited_for(names: NameMarket) -> None:
    """Switching it on again is enough."""
    path = f"{SERVERS}/{names.server['id']}"
    names.market.administrator.done("PATCH", path, {"enabled": False})
    service_id = names.open(names.plan())
    assert names.standing(service_id)["reason"] == "its name server is not available"
    assert names.panel.requests.all("domain.record.edit") == []
    names.market.administrator.done("PATCH", path, {"enabled": True})
    let_domains_come_due(names.kernel)
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]


def test_a_message_that_is_delivered_again_does_nothing(names: NameMarket) -> None:
    """Workers die after the work as well as before it."""
    service_id = names.open(names.plan())
    before = len(names.panel.requests.all())
    with names.kernel.database.reading() as session:
        row_id = session.scalars(select(ServiceDomain.id)).one()
    direct_domain(names.kernel, row_id)
    direct_domain(names.kernel, row_id + 1)
    assert len(names.panel.requests.all()) == before
    assert names.standing(service_id)["state"] == "settled"


def test_a_lost_message_is_swept_up(names: NameMarket) -> None:
    """A broker that forgot it must not leave a client without a name."""
    names.panel.faults.add("busy")
    names.open(names.plan())

    def lose(session: Any) -> None:
        for message in session.scalars(select(OutboxMessage)):
            session.delete(message)
        row = session.scalars(select(ServiceDomain)).one()
        row.due_at = wall_clock().replace(year=2020)

    names.kernel.database.run(lose)
    assert sweep(names.kernel) == 1
    work_off(names.kernel)
    assert names.leads_to() == [ADDRESS]
