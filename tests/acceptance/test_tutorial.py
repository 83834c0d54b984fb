"""The tutorial for plugin authors, followed to the letter."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.pages import Block, blocks_of, build_project, run_broken, run_conformance

BLOCKS = blocks_of("plugins/tutorial.md")
FILES = [block for block in BLOCKS if block.is_file]
REQUESTS = [block for block in BLOCKS if block.language == "http"]
BREAKS = [block for block in BLOCKS if block.language == "diff"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as the text has it, built and installed beside its sources."""
    return build_project(FILES, tmp_path_factory.mktemp("tutorial") / "billing-acme-vps")


def test_every_block_says_what_it_is() -> None:
    """A block that nobody understands is a block that nobody checks."""
    assert {block.language for block in BLOCKS} == {"console", "diff", "http", "python", "toml"}
    paths = [block.words[0] for block in FILES]
    assert len(paths) == len(set(paths)) == len(FILES)
    assert all(line.startswith("$ ") for it in BLOCKS if it.language == "console"
               for line in it.content.splitlines())  # fmt: skip
    assert len(BREAKS) == 2


def test_the_plugin_knows_nothing_of_the_kernel() -> None:
    """Authors work on machines that have none."""
    for block in FILES:
        assert "billing_kernel" not in block.content


@pytest.mark.slow
def test_the_plugin_of_the_tutorial_passes_the_suites(project: Path) -> None:
    """The reader is told that all of it passes."""
    result = run_conformance(project)
    assert result.returncode == 0, result.stdout
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed
    assert int(passed[1]) > 60
    assert "skipped" not in result.stdout


@pytest.mark.parametrize("block", BREAKS, ids=lambda block: block.words[1])
def test_what_the_tutorial_breaks_is_found(project: Path, block: Block) -> None:
    """The reader is told which test fails, and tries it."""
    result = run_broken(project, block, "tests/test_conformance.py::TestAcmeVps")
    assert result.returncode == 1, result.stdout
    assert f"FAILED tests/test_conformance.py::TestAcmeVps::{block.words[1]}" in result.stdout


@dataclass
class Reader:
    """Sends the requests of the text and remembers what later ones stand on.

    The words of an ``http`` block are the expected status, then ``name=path.in.answer`` to
    remember, or ``until=path=value`` to ask again until the answer has it.
    """

    address: str
    patience_s: float = 60
    known: dict[str, str] = field(default_factory=dict)

    def follow(self, block: Block) -> Any:
        status, *wishes = block.words
        ends_at = time.monotonic() + self.patience_s
        while True:
            answer = self._send(block.content)
            assert answer.status_code == int(status), f"{block.content}: {answer.text}"
            if all(self._granted(wish, answer.json()) for wish in wishes):
                return answer.json()
            assert time.monotonic() < ends_at, f"{block.content}: {answer.text}"
            time.sleep(0.2)

    def _send(self, text: str) -> httpx.Response:
        for name, value in self.known.items():
            text = text.replace(name if ":" in name else f"{{{name}}}", value)
        head, _, body = text.partition("\n\n")
        line, *headers = head.splitlines()
        method, path = line.split()
        content = json.loads(body) if body.strip() else None
        given = dict(header.split(": ", 1) for header in headers)
        return httpx.request(method, self.address + path, json=content, headers=given, timeout=30)

    def _granted(self, wish: str, answer: Any) -> bool:
        name, path, *wanted = wish.split("=")
        for step in path.split("."):
            answer = answer[int(step) if isinstance(answer, list) else step]
        if name == "until":
            return [str(answer)] == wanted
        self.known[name] = str(answer)
        return True


@contextmanager
def process(*arguments: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """A process that says its address in its first line; ended with the block."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as running,
    ):
        try:
            assert running.stdout
            line = running.stdout.readline()
            assert "http" in line, log.read_text()
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            running.terminate()


@pytest.fixture
def reader(project: Path, tmp_path: Path) -> Iterator[Reader]:
    """An installation with the reader's plugin and the panel of the text, on loopback."""
    password = "correct-horse-battery"
    environment = {
        **os.environ,
        "PYTHONPATH": str(project / "installed"),
        "PYTHONUNBUFFERED": "1",
        "BILLING_DATABASE_URL": f"sqlite:///{tmp_path / 'billing.sqlite3'}",
        "BILLING_ALLOWED_NETWORKS": "127.0.0.0/8",
        "BILLING_BROKER_URL": "",
        "BILLING_ADMINISTRATOR_PASSWORD": password,
    }
    billing = ["-m", "billing_kernel.cli"]
    create = ["create-administrator", "--email", "admin@example.com"]
    subprocess.run(
        [sys.executable, *billing, *create], env=environment, check=True, capture_output=True
    )
    simulator = ["-m", "billing_acme_vps.simulator", "--port", "0", "--build-time", "0.1"]
    serve = [*billing, "serve", "--port", "0"]
    with (
        process(*simulator, environment=environment, log=tmp_path / "acme.log") as panel,
        process(*serve, environment=environment, log=tmp_path / "billing.log") as api,
    ):
        address = httpx.URL(api).copy_with(path="/")
        known = {"password": password, "http://127.0.0.1:7700/": panel}
        yield Reader(str(address).rstrip("/"), known=known)


@pytest.mark.slow
def test_the_plugin_of_the_tutorial_sells_a_server(reader: Reader) -> None:
    """The reader is told that the client sees the address of the server that was bought."""
    for block in REQUESTS:
        service = reader.follow(block)
    assert service["status"] == "active"
    assert service["upstream"] == {"ip": "192.0.2.1"}
