"""The simulator as a process of its own, the way the demo and outside scripts use it."""

import subprocess
import sys

import httpx


def test_it_prints_its_address_and_serves_the_panel_there() -> None:
    """Whoever starts it learns the port from this one line."""
    command = [sys.executable, "-m", "billing_ispmanager_hosting.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            form = {
                "func": "preset",
                "out": "xml",
                "authinfo": "root:simulated-root-password",
            }
            answer = httpx.post(f"{address}/ispmgr", data=form, timeout=10)
        finally:
            process.terminate()
    assert "<name>start</name>" in answer.text
