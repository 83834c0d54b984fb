"""Rules of the sources that no linter knows: exact money, one clock, no vendor, small files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "kernel/src/billing_kernel"
HOOKSPECS = ROOT / "hookspecs/src/billing_hookspecs"
MONEY = [KERNEL / "domain", KERNEL / "application", KERNEL / "models"]

LINES_MAX = 400

DIVIDING = {
    "domain/policies/charging.py": "exact fractions of a period",
    "domain/policies/late_fees.py": "an exact fraction of a percentage",
    "domain/taxes.py": "exact fractions of a gross price",
    "application/leasing.py": "seconds between two renewals of a lease",
}
CLOCKS = {
    "clock.py": "the clock itself",
    "models/base.py": "stamps of rows",
    "extensions/calling.py": "the deadline of a call, which is real time",
}
NAMING_VENDORS = {
    "http/capabilities.py": "names of features as people know them",
    "documents/samples.py": "an invoice for people to look at",
}
LONG = {
    "hookspecs/src/billing_hookspecs/processing.py": "one contract, most of it documentation",
    "kernel/src/billing_kernel/migrations/versions/0001_first_schema.py": "generated",
}
VENDORS = ("ispmanager", "ispsystem", "billmanager", "ipmanager", "yookassa", "stripe")


def sources(*folders: Path) -> list[Path]:
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def inside(file: Path, folder: Path = KERNEL) -> str:
    return file.relative_to(folder).as_posix()


@pytest.mark.parametrize("file", sources(*MONEY), ids=inside)
def test_nothing_near_money_is_a_float(file: Path) -> None:
    """0.1 + 0.2 is not 0.3 there; a kopeck that is lost so is never found."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    types = {
        id(part)
        for node in ast.walk(tree)
        for name in ("annotation", "returns")
        if isinstance(said := getattr(node, name, None), ast.AST)
        for part in ast.walk(said)
    }
    floats = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and type(node.value) is float)
        or (isinstance(node, ast.Name) and node.id == "float" and id(node) not in types)
    ]
    assert floats == []


def test_amounts_are_divided_only_where_the_quotient_is_exact() -> None:
    """A slash between integers makes a float; each file that has one says why it may."""
    dividing = {
        inside(file)
        for file in sources(*MONEY)
        for node in nodes(file)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    }
    assert dividing == set(DIVIDING)


def test_now_comes_from_the_clock() -> None:
    """A business date that is taken elsewhere can't be set, and differs at midnight."""
    asking = {
        inside(file)
        for file in sources(KERNEL)
        for node in nodes(file)
        if isinstance(node, ast.Attribute)
        and node.attr in ("now", "today", "utcnow")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    }
    assert asking == set(CLOCKS)


def test_the_kernel_and_its_contract_name_no_vendor() -> None:
    """An ``if`` about one upstream in the kernel is a hook that is missing."""
    naming = {
        file.relative_to(ROOT).as_posix()
        for file in sources(KERNEL, HOOKSPECS)
        if any(vendor in file.read_text(encoding="utf-8").lower() for vendor in VENDORS)
    }
    assert naming == {f"kernel/src/billing_kernel/{name}" for name in NAMING_VENDORS}


def test_files_stay_small_enough_to_be_read() -> None:
    """Past that, a file has more than one meaning."""
    long = {
        file.relative_to(ROOT).as_posix()
        for file in sources(KERNEL, HOOKSPECS, ROOT / "demo", *ROOT.glob("plugins/*/src"))
        if len(file.read_text(encoding="utf-8").splitlines()) > LINES_MAX
    }
    assert long == set(LONG)
