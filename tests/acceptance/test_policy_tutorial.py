"""The page for authors of pricing policies, followed to the letter."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.pages import blocks_of, build_project, run_broken, run_conformance

from billing_hookspecs import FieldError

SAMPLE = Path(__file__).parents[1] / "sample_plugins" / "part_refund"
BLOCKS = blocks_of("plugins/pricing-policies.md")
FILES = [block for block in BLOCKS if block.is_file]
BREAKS = [block for block in BLOCKS if block.language == "diff"]

REPORT = """
import json
from billing_hookspecs import TariffChangePolicy, check_fields
from billing_kernel.builtin import StandardPolicies
from billing_kernel.extensions import load_extensions

extensions = load_extensions(builtin=(StandardPolicies(),))
policies = extensions.pricing_policies.of_kind(TariffChangePolicy)
chosen = extensions.pricing_policies.find_policy(TariffChangePolicy, "part_refund")
print(json.dumps({
    "keys": list(policies),
    "accepted": check_fields(chosen.parameters, {"percent": "25"})[0],
    "refused": [error.pointer for error in check_fields(chosen.parameters, {"percent": "200"})[1]],
}))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as the text has it, built and installed beside its sources."""
    return build_project(FILES, tmp_path_factory.mktemp("policy") / "billing-sample-part-refund")


def test_the_page_has_the_sample_word_for_word() -> None:
    """The sample is what the other tests load; the page must not drift from it."""
    shown = {block.words[0]: block.content for block in FILES}
    present = {
        str(path.relative_to(SAMPLE)): path.read_text()
        for path in SAMPLE.rglob("*")
        if path.suffix in (".py", ".toml") and "build" not in path.parts
    }
    assert shown == present


def test_the_pages_check_of_parameters_names_the_field() -> None:
    """It is copied into policies with other fields, so it must be right as it stands."""
    (block,) = [it for it in BLOCKS if it.language == "python" and not it.is_file]
    known: dict[str, Any] = {"FieldError": FieldError}
    exec(block.content, known)
    amounts = {"least": {"amount_minor": 2}, "most": {"amount_minor": 1}}
    (error,) = known["check_parameters"](None, amounts)
    assert error.pointer == "/least"
    assert known["check_parameters"](None, {**amounts, "least": {"amount_minor": 1}}) == []


def test_the_policy_of_the_page_passes_the_suites(project: Path) -> None:
    """The reader is told that all of it passes."""
    result = run_conformance(project)
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout
    assert "skipped" not in result.stdout


def test_what_the_page_breaks_is_found(project: Path) -> None:
    """The reader is told which test notices, and tries it."""
    (broken,) = BREAKS
    result = run_broken(project, broken, "tests/test_conformance.py::TestPartRefund")
    assert result.returncode == 1, result.stdout
    assert f"::{broken.words[1]}" in result.stdout


def test_the_kernel_has_a_sixth_policy_without_a_change(project: Path) -> None:
    """Whoever needs another rule writes it, instead of a patch of the kernel."""
    ended = subprocess.run(
        [sys.executable, "-c", REPORT],
        env={**os.environ, "PYTHONPATH": str(project / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert len(found["keys"]) == 6
    assert found["keys"][-1] == "part_refund"
    assert found["accepted"] == {"percent": "25"}
    assert found["refused"] == ["/percent"]
