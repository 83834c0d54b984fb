"""Pages of the documentation that are followed to the letter.

A fenced block that names a file after its language is that whole file.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: ``words`` stand after the language, unseen by readers."""

    language: str
    words: tuple[str, ...]
    content: str

    @property
    def is_file(self) -> bool:
        return self.language in ("python", "toml") and bool(self.words)


def blocks_of(page: str) -> list[Block]:
    """The fenced blocks of a page such as ``plugins/tutorial.md``."""
    return [
        Block(language, tuple(words.split()), content)
        for language, words, content in BLOCK.findall((DOCS / page).read_text())
    ]


def build_project(blocks: Iterable[Block], folder: Path) -> Path:
    """Write the files of a page's distribution and install it below, beside its sources."""
    for block in blocks:
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


def run_broken(
    project: Path, block: Block, suite: str = "tests/test_conformance.py"
) -> "subprocess.CompletedProcess[str]":
    """Break an installed file as a ``diff`` block says, run one test of it, and mend it."""
    path = project / "installed" / Path(block.words[0]).relative_to("src")
    honest = path.read_text()
    removed, added = (
        "".join(line[1:] + "\n" for line in block.content.splitlines() if line[0] == sign)
        for sign in "-+"
    )
    assert honest.count(removed) == 1
    path.write_text(honest.replace(removed, added))
    try:
        return run_conformance(project, f"{suite}::{block.words[1]}")
    finally:
        path.write_text(honest)
