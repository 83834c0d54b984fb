"""AT-57: a server is sold with a control panel, whose licence is ordered with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from tests.factories import go_on, operation_of, run_newest
from tests.markets import RESELLER, Market, price

from billing_isp_licenses.simulator import SellingPanel
from billing_isp_licenses.simulator.goods import ACTIVE, DELETED, SUSPENDED
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.models import BilledPeriod

USERNAME, PASSWORD = RESELLER
FUNDS = 100_000
SERVER, LITE = 2000, 600
IP = "192.0.2.7"


@pytest.fixture(autouse=True)
def the_books_are_right(kernel: Kernel) -> Iterator[None]:
    yield
    with kernel.database.reading() as session:
        assert verify_ledger(session).problems == ()


@dataclass(frozen=True)
class Sale:
    """A plan for servers at 20.00 a month, with a panel at 6.00, and who works on them."""

    kernel: Kernel
    market: Market
    vendor: SellingPanel
    address: str
    department_id: int
    server_module_id: int
    plan: Any
    lite: int
    pro: int

    def order(self) -> int:
        """The id of a server that was bought with a panel, and is being opened."""
        placed = self.market.order(
            self.plan, addons={"control_panel": self.lite}, parameters={"hostname": "web.test"}
        )
        service_id = int(placed["service"]["id"])
        run_newest(self.kernel, service_id)
        return service_id

    def complete(self, service_id: int, **facts: str) -> None:
        """A person of the department does what the server's task says."""
        [task] = [task for task in self.tasks() if task["service_id"] == service_id]
        path = f"/admin/tasks/{task['id']}/complete"
        self.market.administrator.done("POST", path, {"facts": facts})

    def opened(self) -> tuple[int, int]:
        """A server and its licence, both open."""
        service_id = self.order()
        self.complete(service_id, ip=IP)
        licence_id = self.bundled(service_id)["id"]
        run_newest(self.kernel, licence_id)
        return service_id, licence_id

    def tasks(self) -> list[Any]:
        items: list[Any] = self.market.administrator.done("GET", "/admin/tasks?status=open")[
            "items"
        ]
        return items

    def service(self, service_id: int) -> Any:
        return self.market.client.done("GET", f"/services/{service_id}")

    def bundled(self, service_id: int) -> Any:
        [licence] = self.service(service_id)["bundled"]
        return licence

    def act(self, method: str, service_id: int, action: str = "") -> None:
        """An administrator's instruction, carried out as far as the department's task."""
        self.market.administrator.done(method, f"/admin/services/{service_id}{action}")
        run_newest(self.kernel, service_id)

    def renew(self, service_id: int) -> None:
        body = {"period_months": 1, "pay_with": {"balance": True}}
        self.market.client.done("POST", f"/services/{service_id}/renew", body)

    @property
    def balance(self) -> int:
        [balance] = self.market.client.done("GET", "/balances")["items"]
        return int(balance["balance"]["amount_minor"])

    @property
    def held(self) -> int:
        """What is paid and not earned yet."""
        [balance] = self.market.client.done("GET", "/balances")["items"]
        return int(balance["held"]["amount_minor"])

    @property
    def licences(self) -> list[dict[str, Any]]:
        return [dict(licence) for licence in self.vendor.shop.as_json()["licenses"]]

    @property
    def charges(self) -> list[str]:
        account = self.vendor.shop.as_json()["accounts"][USERNAME]
        return [what for what, _ in account["charges"]]

    def days_of_panel(self, service_id: int) -> list[BilledPeriod]:
        with self.kernel.database.reading() as session:
            return list(
                session.scalars(
                    select(BilledPeriod).filter_by(
                        service_id=service_id, resource_type="control_panel", reversed=False
                    )
                )
            )


@pytest.fixture
def sale(kernel: Kernel, market: Market, vendor: SellingPanel, address: str) -> Sale:
    create = market.administrator.done
    department = create("POST", "/admin/departments", {"name": {"en": "Data centre"}})
    settings = {"url": address, "username": USERNAME, "password": PASSWORD}
    licences = {
        "driver": "isp_licenses",
        "product_types": ["isp_license"],
        "name": {"en": "Vendor"},
        "settings": settings,
    }
    licence_module = create("POST", "/admin/processing-modules", licences)
    servers = {
        "driver": "manual",
        "product_types": ["vps"],
        "name": {"en": "By hand"},
        "department_id": department["id"],
        "license_module_id": licence_module["id"],
    }
    module = create("POST", "/admin/processing-modules", servers)
    panels = create("POST", "/admin/enumerations", {"name": {"en": "Server Control Panel"}})
    values = f"/admin/enumerations/{panels['id']}/values"
    lite = create("POST", values, {"name": {"en": "Lite"}, "internal_name": "55227"})
    pro = create("POST", values, {"name": {"en": "Pro"}, "internal_name": "55228"})
    plan = market.plan(
        product_type="vps", processing_module_id=module["id"], prices=[price(1, SERVER)]
    )
    addon = {
        "resource_type": "control_panel",
        "enumeration_id": panels["id"],
        "value_prices": [
            {"value_id": lite["id"], "prices": [price(1, LITE)]},
            {"value_id": pro["id"], "prices": [price(1, 2 * LITE)]},
        ],
    }
    create("POST", f"/admin/tariff-plans/{plan['id']}/addons", addon)
    return Sale(
        kernel, market, vendor, address, department["id"], module["id"], plan, lite["id"], pro["id"]
    )


def test_at_57_the_licence_is_ordered_when_the_server_is_processed(sale: Sale) -> None:
    """With the server's own address, at the licence server of its module; each is earned alone."""
    service_id = sale.order()
    assert sale.licences == []
    sale.complete(service_id, ip=IP)
    server = sale.service(service_id)
    assert server["status"] == "active"
    [licence] = server["bundled"]
    assert (licence["status"], licence["tariff_code"]) == ("opening", "55227")
    assert sale.held == LITE
    run_newest(sale.kernel, licence["id"])
    [bought] = sale.licences
    assert (bought["ip"], bought["tariff"]) == (IP, "55227")
    licence = sale.bundled(service_id)
    assert licence["status"] == "active"
    assert licence["upstream"]["license_key"] == bought["key"]
    assert (sale.balance, sale.held) == (FUNDS - SERVER - LITE, 0)


def test_a_refused_licence_leaves_the_server_and_returns_its_price(sale: Sale) -> None:
    """The server runs; the panel is neither paid now nor by renewals; the department is told."""
    sale.vendor.shop.tariffs.pop("55227")
    service_id, licence_id = sale.opened()
    server = sale.service(service_id)
    assert server["status"] == "active"
    assert server["bundled"][0]["status"] == "failed"
    assert server["addons"].get("control_panel") is None
    assert (sale.balance, sale.held) == (FUNDS - SERVER, 0)
    [task] = sale.tasks()
    assert (task["kind"], task["service_id"]) == ("refused_operation", licence_id)
    assert task["department_id"] == sale.department_id
    assert sale.days_of_panel(service_id) == []
    sale.renew(service_id)
    assert sale.balance == FUNDS - 2 * SERVER


def test_a_licence_whose_answer_was_lost_is_bought_once(sale: Sale) -> None:
    """Its money stays held until the vendor's list has shown what became of the order."""
    service_id = sale.order()
    sale.complete(service_id, ip=IP)
    licence_id = sale.bundled(service_id)["id"]
    fault = {"kind": "answer_lost", "function": "soft.order.param"}
    httpx.post(f"{sale.address}/_simulator/faults", json=fault).raise_for_status()
    assert run_newest(sale.kernel, licence_id).state == "unknown"
    assert (sale.held, len(sale.licences)) == (LITE, 1)
    assert go_on(sale.kernel, licence_id) == "done"
    assert (sale.held, len(sale.licences)) == (0, 1)
    assert sale.bundled(service_id)["status"] == "active"


def test_an_included_panel_is_ordered_without_a_line_of_its_own(sale: Sale) -> None:
    """What costs nothing extra is a licence all the same."""
    plan_id = sale.plan["id"]
    addon = sale.market.addons(sale.plan)["control_panel"]
    included = {"included": sale.lite, "default": sale.lite}
    path = f"/admin/tariff-plans/{plan_id}/addons/{addon['id']}"
    sale.market.administrator.done("PATCH", path, included)
    sale.opened()
    assert [licence["ip"] for licence in sale.licences] == [IP]
    assert (sale.balance, sale.held) == (FUNDS - SERVER, 0)


def test_without_a_licence_server_nothing_is_sent(sale: Sale) -> None:
    """A link that somebody forgot costs the client nothing, and a person learns of it."""
    path = f"/admin/processing-modules/{sale.server_module_id}"
    sale.market.administrator.done("PATCH", path, {"license_module_id": None})
    service_id = sale.order()
    sale.complete(service_id, ip=IP)
    assert sale.bundled(service_id)["status"] == "failed"
    assert (sale.balance, sale.held) == (FUNDS - SERVER, 0)
    [task] = sale.tasks()
    assert "license_module_id" in task["detail"]
    assert task["department_id"] == sale.department_id


def test_a_server_without_a_panel_has_no_licence(sale: Sale) -> None:
    """The addon is the client's choice."""
    placed = sale.market.order(sale.plan)
    service_id = placed["service"]["id"]
    run_newest(sale.kernel, service_id)
    sale.complete(service_id, ip=IP)
    assert sale.service(service_id)["bundled"] == []
    assert sale.balance == FUNDS - SERVER


def test_the_licence_is_renewed_with_its_server(sale: Sale) -> None:
    """One invoice pays both; the vendor is paid once, for the server's next period."""
    service_id, licence_id = sale.opened()
    sale.renew(service_id)
    run_newest(sale.kernel, service_id)
    assert sale.service(service_id)["expires_on"] == "2026-03-31"
    assert sale.held == LITE
    assert run_newest(sale.kernel, licence_id).state == "done"
    assert [what.partition(" ")[0] for what in sale.charges] == ["order", "prolong"]
    assert (sale.balance, sale.held) == (FUNDS - 2 * (SERVER + LITE), 0)
    assert len(sale.days_of_panel(service_id)) == 2


def test_a_refused_renewal_of_the_licence_returns_its_price(sale: Sale) -> None:
    """The server is renewed all the same."""
    service_id, licence_id = sale.opened()
    sale.vendor.shop.licenses.clear()
    sale.renew(service_id)
    run_newest(sale.kernel, service_id)
    assert run_newest(sale.kernel, licence_id).state == "refused"
    assert sale.service(service_id)["expires_on"] == "2026-03-31"
    assert (sale.balance, sale.held) == (FUNDS - 2 * SERVER - LITE, 0)
    assert len(sale.days_of_panel(service_id)) == 1
    assert [task["service_id"] for task in sale.tasks()] == [licence_id]


def test_a_renewal_waits_for_a_licence_that_is_under_way(sale: Sale) -> None:
    """Otherwise the renewal's money for the licence would be earned by nothing."""
    service_id = sale.order()
    sale.complete(service_id, ip=IP)
    body = {"period_months": 1, "pay_with": {"balance": True}}
    path = f"/services/{service_id}/renew"
    sale.market.client.refused("POST", path, body, 409, "service.operation_in_progress")
    assert "renew" not in sale.service(service_id)["allowed_actions"]
    run_newest(sale.kernel, sale.bundled(service_id)["id"])
    sale.renew(service_id)


def test_the_licence_stops_starts_and_ends_with_its_server(sale: Sale) -> None:
    """Nobody pays the vendor for a server that is gone."""
    service_id, licence_id = sale.opened()
    for method, action, status, at_vendor in (
        ("POST", "/suspend", "suspended", SUSPENDED),
        ("POST", "/resume", "active", ACTIVE),
        ("DELETE", "", "deleted", DELETED),
    ):
        sale.act(method, service_id, action)
        assert operation_of(sale.kernel, licence_id).state == "done"
        sale.complete(service_id)
        run_newest(sale.kernel, licence_id)
        assert sale.bundled(service_id)["status"] == status
        [bought] = sale.licences
        assert bought["status"] == at_vendor, action


def test_a_licence_follows_its_server_once_its_own_work_has_ended(sale: Sale) -> None:
    """A server that is paid and started again doesn't wait for the vendor, nor lose the panel."""
    service_id, licence_id = sale.opened()
    sale.act("POST", service_id, "/suspend")
    sale.complete(service_id)
    run_newest(sale.kernel, licence_id)
    sale.renew(service_id)
    run_newest(sale.kernel, service_id)
    sale.act("POST", service_id, "/resume")
    sale.complete(service_id)
    assert sale.service(service_id)["status"] == "active"
    assert sale.bundled(service_id)["status"] == "suspended"
    assert run_newest(sale.kernel, licence_id).kind == "resume"
    run_newest(sale.kernel, licence_id)
    assert sale.bundled(service_id)["status"] == "active"
    assert (sale.balance, sale.held) == (FUNDS - 2 * (SERVER + LITE), 0)


def test_a_licence_that_opens_after_its_server_is_gone_is_given_back(sale: Sale) -> None:
    """The server doesn't wait for the vendor to end."""
    service_id = sale.order()
    sale.complete(service_id, ip=IP)
    sale.act("DELETE", service_id)
    sale.complete(service_id)
    licence_id = sale.bundled(service_id)["id"]
    run_newest(sale.kernel, licence_id)
    run_newest(sale.kernel, licence_id)
    assert sale.bundled(service_id)["status"] == "deleted"
    assert [licence["status"] for licence in sale.licences] == [DELETED]


def test_a_bundled_licence_is_neither_listed_nor_acted_on_alone(sale: Sale) -> None:
    """It belongs to its server; what it costs does, too."""
    service_id, licence_id = sale.opened()
    listed = sale.market.client.done("GET", "/services")["items"]
    assert [service["id"] for service in listed] == [service_id]
    licence = sale.service(licence_id)
    assert licence["parent_service_id"] == service_id
    assert licence["allowed_actions"] == []
    root, client = sale.market.administrator, sale.market.client
    body: dict[str, Any] = {"period_months": 1, "pay_with": {"balance": True}}
    client.refused("POST", f"/services/{licence_id}/renew", body, 422, "service.bundled")
    root.refused("DELETE", f"/admin/services/{licence_id}", None, 422, "service.bundled")


def test_what_is_bundled_cant_be_changed_while_the_server_runs(sale: Sale) -> None:
    """Another panel would need another licence: it is chosen when the server is ordered."""
    service_id, _ = sale.opened()
    client, paid = sale.market.client, {"pay_with": {"balance": True}}
    path = f"/services/{service_id}/change-addons"
    body = {"addons": {"control_panel": sale.pro}, **paid}
    client.refused("POST", path, body, 422, "service.bundle_fixed")
    other = sale.market.plan(
        product_type="vps", processing_module_id=sale.server_module_id, name={"en": "Bigger"}
    )
    path = f"/services/{service_id}/change-tariff"
    body = {"tariff_plan_id": other["id"], **paid}
    client.refused("POST", path, body, 422, "service.bundle_fixed")


def test_bundled_addons_need_periods(sale: Sale) -> None:
    """Whoever pays day by day has no period that a licence could be ordered for."""
    daily = {"policy": "daily", "by_order_period": True}
    plan = sale.market.change(sale.plan, charging=daily)
    problem = sale.market.refuse(plan, 400, "input.invalid", addons={"control_panel": sale.lite})
    assert problem["errors"][0]["pointer"] == "/addons/control_panel"


def test_a_module_is_not_its_own_licence_server(sale: Sale) -> None:
    """The link leads to another connection, and to one that exists."""
    path = f"/admin/processing-modules/{sale.server_module_id}"
    for wrong in (sale.server_module_id, 999):
        problem = sale.market.administrator.refused(
            "PATCH", path, {"license_module_id": wrong}, 400, "input.invalid"
        )
        assert problem["errors"][0]["pointer"] == "/license_module_id"
