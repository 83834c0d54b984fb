"""The tutorial for plugin authors, followed to the letter."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "plugins" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: ``words`` stand after the language, unseen by readers."""

    language: str
    words: tuple[str, ...]
    content: str

    @property
    def is_file(self) -> bool:
        return self.language in ("python", "toml")


BLOCKS = [
    Block(language, tuple(words.split()), content)
    for language, words, content in BLOCK.findall(TUTORIAL.read_text())
]
FILES = [block for block in BLOCKS if block.is_file]
BREAKS = [block for block in BLOCKS if block.language == "diff"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as the text has it, built and installed beside its sources."""
    folder = tmp_path_factory.mktemp("tutorial") / "billing-acme-vps"
    for block in FILES:
        path = folder / block.words[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--target", str(folder / "installed")]
    subprocess.run([*pip, *offline, str(folder)], check=True, capture_output=True)
    return folder


def run_conformance(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the reader's own test in a process that sees nothing of this repository's tests."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "installed")},
        capture_output=True,
        text=True,
    )


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
    path = project / "installed" / Path(block.words[0]).relative_to("src")
    honest = path.read_text()
    removed, added = (
        "".join(line[1:] + "\n" for line in block.content.splitlines() if line[0] == sign)
        for sign in "-+"
    )
    assert honest.count(removed) == 1
    path.write_text(honest.replace(removed, added))
    try:
        result = run_conformance(
            project, f"tests/test_conformance.py::TestAcmeVps::{block.words[1]}"
        )
    finally:
        path.write_text(honest)
    assert result.returncode == 1, result.stdout
    assert f"FAILED tests/test_conformance.py::TestAcmeVps::{block.words[1]}" in result.stdout
