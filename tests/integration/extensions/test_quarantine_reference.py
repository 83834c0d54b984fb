"""The reference page of quarantine reasons is complete."""

from pathlib import Path

from billing_kernel.extensions import Reason
from billing_kernel.extensions.faults import CONSECUTIVE_FAULTS_MAX

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "quarantine.md"


def test_every_reason_is_documented_with_meaning_and_cure() -> None:
    """A reason code is shown to people who weren't there when it was invented."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `plugin.")
    ]
    codes = [code.strip("`") for code, _, _ in rows]

    assert sorted(codes) == sorted(Reason)
    assert all(len(meaning) > 20 and len(cure) > 20 for _, meaning, cure in rows)


def test_the_page_names_the_real_threshold() -> None:
    """A number in prose goes out of date first."""
    assert CONSECUTIVE_FAULTS_MAX == 5
    assert "Five calls in a row" in PAGE.read_text(encoding="utf-8")
