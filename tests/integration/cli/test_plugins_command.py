"""`billing plugins`: what operators and authors see of plugins."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from tests.factories import FakeModule, Shop, make_kernel, make_shop
from tests.servers.copies import run

from billing_hookspecs import Money, Secret
from billing_kernel.application.kernel import Kernel
from billing_kernel.cli.skeleton import rendered
from billing_kernel.domain.examples import (
    Example,
    ExampleSituation,
    Expected,
    ExpectedLine,
    examples_document,
)
from billing_kernel.models import TariffPlan
from billing_kernel.settings import Settings

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```(?:python|toml) (\S+)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def billing(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return run("billing_kernel.cli", *arguments, **environment)


def test_the_skeleton_is_the_tutorials_own_code() -> None:
    """Authors who begin with the command and those who read find the same thing."""
    tutorial = (ROOT / "docs/plugins/tutorial.md").read_text()
    assert rendered("acme_vps", "Acme") == dict(BLOCK.findall(tutorial))


def test_a_new_plugin_passes_its_conformance_suites_at_once(tmp_path: Path) -> None:
    """An author begins with something that works and changes it step by step."""
    made = billing("plugins", "new", "north_star", "--into", str(tmp_path))
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "billing-north-star"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--target", str(tmp_path / "installed"), str(folder)],
        check=True, capture_output=True,
    )  # fmt: skip

    proof = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
    )

    assert proof.returncode == 0, proof.stdout[-3000:]
    assert "Acme" not in (folder / "src/billing_north_star/processing.py").read_text()


def test_a_name_that_cant_be_a_plugins_is_refused(tmp_path: Path) -> None:
    """The name becomes a package, an entry point and a settings prefix."""
    refused = billing("plugins", "new", "North-Star", "--into", str(tmp_path))
    assert refused.returncode == 1
    assert "lower-case words" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_installed_plugin_is_listed_with_its_drivers() -> None:
    """Operators see what is installed without starting anything."""
    listed = json.loads(billing("plugins", "list", "--json").stdout)
    plugins = {plugin["name"]: plugin for plugin in listed}
    assert plugins["isp_licenses"]["status"] == "active"
    assert {"kind": "processing_modules", "key": "isp_licenses"} in plugins["isp_licenses"][
        "drivers"
    ]


def test_check_says_that_all_plugins_are_active() -> None:
    """A monitoring job needs an exit code."""
    checked = billing("plugins", "check", "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout) == {"ok": True, "quarantined": []}


def test_safe_mode_starts_without_any_plugin() -> None:
    """When a plugin is suspected, an operator leaves all of them out."""
    listed = json.loads(billing("plugins", "list", "--json", BILLING_SAFE_MODE="1").stdout)
    active = [plugin["name"] for plugin in listed if plugin["status"] == "active"]
    assert active == ["standard", "standard_channels"]


def shop_with_a_wrong_example(kernel: Kernel) -> Shop:
    """A thing costs 10.00, and its example was written when it cost 9.00."""
    shop = make_shop(kernel)
    situation = ExampleSituation(occasion="order", on=date(2026, 3, 1), period_months=1)
    cheaper = Expected((ExpectedLine("period", Money(900, "RUB")),))
    documents = examples_document([Example("a month", situation, cheaper)])

    def expect(session: Session) -> None:
        session.get_one(TariffPlan, shop.plan.id).examples = documents

    kernel.database.run(expect)
    return shop


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    url = Secret(f"sqlite:///{tmp_path / 'billing.sqlite3'}")
    made = make_kernel(Settings(database_url=url), FakeModule())
    yield made
    made.database.close()


def test_checking_says_which_tariff_plans_cost_something_else(kernel: Kernel) -> None:
    """It is run after installing and before restarting, so it must not pass by accident."""
    environment = {"BILLING_DATABASE_URL": str(kernel.settings.database_url)}
    checked = billing("plugins", "check", "--examples", "--json", **environment)
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["differing"] == {}

    shop = shop_with_a_wrong_example(kernel)
    checked = billing("plugins", "check", "--examples", "--json", **environment)
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["differing"] == {str(shop.plan.id): ["a month"]}
    told = billing("plugins", "check", "--examples", **environment)
    assert f"tariff plan {shop.plan.id} isn't for sale: a month" in told.stdout


def test_serving_begins_with_a_look_at_the_examples(kernel: Kernel) -> None:
    """Whoever restarts after an upgrade and checks nothing sells nothing wrong either."""
    shop = shop_with_a_wrong_example(kernel)
    command = [sys.executable, "-m", "billing_kernel.cli", "serve", "--port", "0", "--no-worker"]
    environment = {**os.environ, "BILLING_DATABASE_URL": str(kernel.settings.database_url)}
    with subprocess.Popen(
        command, env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout
        assert "billing serves" in serving.stdout.readline()
        serving.terminate()
    with kernel.database.reading() as session:
        assert session.get_one(TariffPlan, shop.plan.id).examples_differ
