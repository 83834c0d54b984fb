"""The plugin as a whole, and its simulator as a process of its own."""

import subprocess
import sys
from typing import Any

import httpx
import pytest

from billing_hookspecs import IpAllocator
from billing_hookspecs.testing import PluginConformance
from billing_hookspecs.testing.declarations import assert_key, assert_settings, assert_title
from billing_ipmanager.ipmanager import Ipmanager
from billing_ipmanager.plugin import IpmanagerPlugin
from billing_ipmanager.stand_in import IspmanagerStandIn


class TestPlugin(PluginConformance):
    @pytest.fixture
    def plugin(self) -> type[Any]:
        return IpmanagerPlugin


@pytest.mark.parametrize("driver", [Ipmanager(), IspmanagerStandIn()], ids=lambda it: it.key)
def test_drivers_declare_what_connections_are_made_of(driver: IpAllocator) -> None:
    """Only a declared secret is encrypted, and the account rule needs names that exist."""
    assert_key(driver.key, "driver")
    assert_title(driver.title, driver.key)
    assert_settings(driver.settings, driver.key)
    assert set(driver.account_identity) <= {field.name for field in driver.settings}


def test_the_keys_are_the_ones_that_configurations_name() -> None:
    """They are stored with every connection and can't be renamed."""
    keys = [driver.key for driver in IpmanagerPlugin().billing_ip_allocators()]
    assert keys == ["ipmanager", "ispmanager_stand_in"]


@pytest.mark.parametrize(
    ("product", "path", "function", "shown"),
    [
        ("ipmanager", "/ipmgr", "ip.edit", "<family>ipv4</family>"),
        ("ispmanager", "/ispmgr", "ipaddr", "<name>192.0.2.1</name>"),
    ],
)
def test_both_simulators_run_by_themselves(
    product: str, path: str, function: str, shown: str
) -> None:
    """Whoever starts one learns the port from the one line that it prints."""
    command = [sys.executable, "-m", "billing_ipmanager.simulator", "--product", product]
    form = {"func": function, "out": "xml", "authinfo": "bill:simulated-bill-password"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            answer = httpx.post(f"{address}{path}", data=form, timeout=10)
        finally:
            process.terminate()
    assert shown in answer.text
