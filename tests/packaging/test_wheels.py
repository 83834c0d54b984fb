"""What people install: wheels, in environments with nothing else in them."""

import os
import select
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = sorted(
    file.parent for file in [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
)
PLUGINS = [folder.name for folder in DISTRIBUTIONS if folder.parent.name == "plugins"]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheels")]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of every distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), *map(str, DISTRIBUTIONS)],
        check=True,
    )  # fmt: skip
    return folder


@contextmanager
def environment(folder: Path, wheels: Path, *names: str) -> Iterator[Path]:
    """The bin folder of an environment with these distributions and what they need."""
    venv.create(folder, with_pip=True)
    subprocess.run(
        [str(folder / "bin/python"), "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", "--find-links", str(wheels),
         "-c", str(ROOT / "constraints.txt"), *names],
        check=True,
    )  # fmt: skip
    yield folder / "bin"


def test_every_distribution_has_a_wheel(wheels: Path) -> None:
    """A distribution that can't be built can't be released."""
    built = {file.name.split("-")[0] for file in wheels.glob("*.whl")}
    assert built == {"billing_kernel", "billing_hookspecs", *(f"billing_{it}" for it in PLUGINS)}


def test_a_plugin_installs_without_the_kernel(wheels: Path, tmp_path: Path) -> None:
    """Authors test their plugins against the contract alone."""
    with environment(tmp_path / "plugin", wheels, "billing-isp-licenses") as folder:
        code = (
            "from importlib.metadata import distributions, entry_points\n"
            "import billing_isp_licenses.plugin\n"
            "print([e.name for e in entry_points(group='billing.plugins')])\n"
            "print(sorted(d.name for d in distributions() if d.name.startswith('billing-')))"
        )
        shown = subprocess.run(
            [str(folder / "python"), "-c", code], check=True, capture_output=True, text=True
        ).stdout.splitlines()
    assert shown == [
        "['isp_licenses']",
        "['billing-hookspecs', 'billing-isp-licenses', 'billing-ispsystem-api']",
    ]


def test_kernel_and_one_plugin_serve_its_products_and_only_those(
    wheels: Path, tmp_path: Path
) -> None:
    """Installing a plugin is all there is to offering what it sells."""
    with environment(
        tmp_path / "server", wheels, "billing-kernel", "billing-isp-licenses"
    ) as folder:
        server = subprocess.Popen(
            [str(folder / "billing"), "serve", "--port", "0"],
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith(("BILLING", "PYTHON"))}
            | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            assert select.select([server.stdout], [], [], 60)[0]
            line = server.stdout.readline()
            address = next(word for word in line.split() if word.startswith("http")).rstrip(",")
            types = httpx.get(f"{address}/product-types", timeout=30).json()
            ready = httpx.get(f"{address.removesuffix('/api/v1')}/health/ready", timeout=30)
        finally:
            server.terminate()
            server.wait(30)
            assert server.stdout is not None
            server.stdout.close()
    assert [product["key"] for product in types["items"]] == ["isp_license"]
    assert ready.status_code == 200
