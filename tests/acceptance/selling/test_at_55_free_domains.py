"""AT-55: a generated name below a free zone leads to the service that was ordered."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.markets import Market
from tests.zones import ADDRESS, ZONE, name_server_of, work_off

from billing_kernel.application.kernel import Kernel

ACCOUNT = {"username": "root", "password": "simulated-root-password"}


@pytest.fixture
def panel_url() -> Iterator[str]:
    """An ispmanager with a zone, as a process of its own."""
    module = "billing_ispmanager_hosting.simulator"
    command = [sys.executable, "-m", module, "--port", "0", "--preset", "start", "--zone", ZONE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def zone_of(panel_url: str) -> list[str]:
    """The zone's records, read from the panel's own books."""
    state = httpx.get(f"{panel_url}/_simulator/state", timeout=10).json()
    records: list[str] = state["zones"][ZONE]
    return [record for record in records if "NS" not in record.split()]


@pytest.fixture
def plan(market: Market, panel_url: str) -> Any:
    """Hosting on the panel, with names that the same panel keeps."""
    settings = {"url": f"{panel_url}/ispmgr/", **ACCOUNT}
    module = market.administrator.done(
        "POST",
        "/admin/processing-modules",
        {
            "driver": "ispmanager_hosting",
            "product_types": ["shared_hosting"],
            "name": {"en": "Panel"},
            "settings": settings,
        },
    )
    body = name_server_of(market, "", settings=settings)
    server = market.administrator.done("POST", "/admin/name-servers", body)
    return market.plan(
        processing_module_id=module["id"],
        account_template="start",
        domain_template=f"@USERNAME@.{ZONE}",
        name_server_id=server["id"],
    )


def test_at_55_a_generated_name_leads_to_the_ordered_service(
    market: Market, kernel: Kernel, plan: Any, panel_url: str
) -> None:
    """From the order to the record without anybody's help, and back when it is deleted."""
    assert zone_of(panel_url) == []
    service_id = market.order(plan)["service"]["id"]
    work_off(kernel)
    shown = market.client.done("GET", f"/services/{service_id}")
    assert (shown["status"], shown["upstream"]["ip"]) == ("active", ADDRESS)
    assert shown["upstream"]["domain"] == f"annexample.{ZONE}"
    assert zone_of(panel_url) == [f"annexample.{ZONE}. A  {ADDRESS}"]
    standing = market.administrator.done("GET", f"/admin/services/{service_id}/domain")
    assert (standing["state"], standing["address"]) == ("settled", ADDRESS)

    market.administrator.done("DELETE", f"/admin/services/{service_id}")
    work_off(kernel)
    assert market.client.done("GET", f"/services/{service_id}")["status"] == "deleted"
    assert zone_of(panel_url) == []


def test_at_55_a_name_of_the_clients_own_is_left_to_the_client(
    market: Market, kernel: Kernel, plan: Any, panel_url: str
) -> None:
    """Only what we made up is ours to point."""
    placed = market.order(plan, parameters={"domain": "shop.example.org"})
    work_off(kernel)
    shown = market.client.done("GET", f"/services/{placed['service']['id']}")
    assert shown["status"] == "active"
    assert zone_of(panel_url) == []
