"""A whole installation of real processes: a vendor that survives, workers that are killed."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.factories import give, make_client
from tests.servers.copies import begin
from tests.servers.variables import environment

from billing_hookspecs import Money
from billing_kernel.application.cataloguing import TariffFields, create_plan
from billing_kernel.application.checking import OrderItem
from billing_kernel.application.connecting import ConfigureModule, add_module, check_module
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.ordering import PlacedOrder, place_order
from billing_kernel.application.paying import PayWith, pay_invoice
from billing_kernel.bootstrap import build_kernel
from billing_kernel.domain.ledger import Owner
from billing_kernel.domain.tariffs import PriceTerm
from billing_kernel.models import Operation, Provider, Service, TariffPlan
from billing_kernel.settings import Settings

LITE = "55227"
PRICE_MINOR = 700
WAIT_S = 60


def wait(condition: Callable[[], bool], logs: Sequence[Path]) -> None:
    """Until it holds; shows the logs if it never does."""
    ends_at = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > ends_at:
            said = [log.read_text() for log in logs]
            pytest.fail("nothing came of it:\n" + "\n---\n".join(said))
        time.sleep(0.05)


class Vendor:
    """The simulated seller of licences, a process that no killed worker takes along."""

    def __init__(self, folder: Path) -> None:
        output = folder / "vendor.txt"
        output.touch()
        self._process = begin("billing_isp_licenses.simulator", output=output)
        wait(lambda: output.read_text().endswith("\n") or not self._process.is_alive(), [output])
        self.url = output.read_text().splitlines()[0]
        self._control = httpx.URL(self.url).copy_with(path="/_simulator/")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return httpx.request(method, self._control.join(path), json=body).json()

    def fail(self, **fault: Any) -> None:
        self.ask("POST", "faults", fault)

    @property
    def licenses(self) -> list[dict[str, Any]]:
        sold = self.ask("GET", "state")["licenses"]
        return list(sold.values()) if isinstance(sold, dict) else list(sold)

    def requests(self, function: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"requests?function={function}")["requests"]
        return found

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


@dataclass(frozen=True)
class Sale:
    """A client with money, a licence tariff, and a vendor to buy from."""

    kernel: Kernel
    vendor: Vendor
    plan: TariffPlan
    owner: Owner
    folder: Path

    def order(self, name: str = "my-server", ip: str = "192.0.2.10") -> PlacedOrder:
        def place(session: Any) -> PlacedOrder:
            item = OrderItem(self.plan.id, 1, {"name": name, "ip": ip})
            placed = place_order(session, self.kernel, self.owner.client_id, item)
            pay_invoice(
                session, self.kernel, placed.invoice.id, self.owner.client_id,
                PayWith(balance=True),
            )  # fmt: skip
            return placed

        return self.kernel.database.run(place)

    def worker(self, crash_at: str = "") -> ForkServerProcess:
        log = self.folder / f"worker-{len(self._logs())}.log"
        log.touch()
        told = environment(self.kernel.settings)
        return begin("billing_kernel.cli", "worker", output=log, **told, BILLING_CRASH_AT=crash_at)

    def worker_by_command(self, crash_at: str = "") -> "subprocess.Popen[bytes]":
        """As `worker`, but begun as an operator does."""
        told = {**environment(self.kernel.settings), "BILLING_CRASH_AT": crash_at}
        with (self.folder / f"worker-{len(self._logs())}.log").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "billing_kernel.cli", "worker"],
                env={**os.environ, **told}, stdout=output, stderr=output,
            )  # fmt: skip

    def service(self, placed: PlacedOrder) -> Service:
        with self.kernel.database.reading() as session:
            return session.get_one(Service, placed.services[0].id)

    def operation(self, placed: PlacedOrder) -> Operation:
        with self.kernel.database.reading() as session:
            return session.query(Operation).filter_by(service_id=placed.services[0].id).one()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds; shows the workers' logs if it never does."""
        wait(condition, self._logs())

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("worker-*.log"))


@pytest.fixture
def sale(settings: Settings, tmp_path: Path) -> Iterator[Sale]:
    quick = replace(settings, lease_s=1, sweep_s=1, call_timeout_s=3, quiet_period_s=1)
    kernel = build_kernel(quick)
    vendor = Vendor(tmp_path)
    try:
        command = ConfigureModule(
            "isp_licenses", ("isp_license",), {"en": "Vendor"},
            {
                "url": vendor.url,
                "username": "reseller@example.com",
                "password": "reseller-password",
            },
        )  # fmt: skip
        checked, account = check_module(kernel, command)

        def create(session: Any) -> tuple[TariffPlan, Owner]:
            provider = Provider(
                name="Hosting", currency="EUR", time_zone="UTC", default_country="DE",
                notification_email="ops@provider.test",
            )  # fmt: skip
            session.add(provider)
            session.flush()
            module = add_module(session, kernel, command, checked, account)
            fields = TariffFields(
                provider_id=provider.id, product_type="isp_license", name={"en": "Lite"},
                prices=(PriceTerm(1, Money(PRICE_MINOR, "EUR")),),
                processing_module_id=module.id, tariff_code=LITE,
            )  # fmt: skip
            plan = create_plan(session, kernel, fields, external_id=LITE)
            client = make_client(session, provider)
            owner = Owner(provider.id, client.id)
            give(session, owner, Money(10 * PRICE_MINOR, "EUR"), client.id)
            return plan, owner

        plan, owner = kernel.database.run(create)
        yield Sale(kernel, vendor, plan, owner, tmp_path)
    finally:
        vendor.stop()
        kernel.database.close()
