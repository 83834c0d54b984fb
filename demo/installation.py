"""Starts a simulated vendor and the kernel on loopback, each a process of its own."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

VENDOR_LOGIN = "reseller@example.com"
VENDOR_PASSWORD = "reseller-password"
ADMINISTRATOR = "admin@example.com"
ADMINISTRATOR_PASSWORD = "correct-horse-battery"
START_SECONDS = 60


@dataclass(frozen=True)
class Installation:
    address: str
    vendor_url: str
    folder: Path
    environment: dict[str, str] = field(repr=False)


@contextmanager
def running(folder: Path, port: int = 0, vendor_port: int = 0) -> Iterator[Installation]:
    """An installation in ``folder``: vendor, embedded database, API and worker."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "BILLING_DATABASE_URL": f"sqlite:///{folder / 'billing.sqlite3'}",
        "BILLING_ALLOWED_NETWORKS": "127.0.0.0/8",
        "BILLING_BROKER_URL": "",
        "BILLING_ADMINISTRATOR_PASSWORD": ADMINISTRATOR_PASSWORD,
    }
    with ExitStack() as stack:
        vendor = stack.enter_context(
            _process(
                ["-m", "billing_isp_licenses.simulator", "--port", str(vendor_port),
                 "--activation-polls", "2"],
                environment, folder / "vendor.log",
            )
        )  # fmt: skip
        vendor_url = _address_in(_first_line(vendor, folder / "vendor.log"))
        billing = [sys.executable, "-m", "billing_kernel.cli"]
        subprocess.run(
            [*billing, "create-administrator", "--email", ADMINISTRATOR],
            env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        server = stack.enter_context(
            _process(
                ["-m", "billing_kernel.cli", "serve", "--port", str(port)],
                environment, folder / "billing.log",
            )
        )  # fmt: skip
        api = _address_in(_first_line(server, folder / "billing.log")).removesuffix("/api/v1")
        httpx.get(f"{api}/health/live", timeout=START_SECONDS).raise_for_status()
        try:
            yield Installation(api, vendor_url, folder, environment)
        except SystemExit:
            print((folder / "billing.log").read_text(), file=sys.stderr)
            raise


@contextmanager
def _process(
    arguments: list[str], environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[str]"]:
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments], env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _first_line(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else ""
    if not line:
        raise SystemExit(f"a process didn't start:\n{log.read_text()}")
    return line


def _address_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http")).rstrip(",")
