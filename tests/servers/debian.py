"""Server programs out of Debian packages, unpacked beside the tests: no root, no installation."""

import shutil
import subprocess
from pathlib import Path

FETCH_S = 300


class NotObtainableError(Exception):
    """This machine has the program neither installed nor in reach; says why."""


def unpack_package(name: str, root: Path) -> None:
    """Fetch ``name`` and what it needs that isn't installed, and unpack it all as ``root``.

    The machine's own package state is read, never changed. Raises NotObtainableError.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NotObtainableError("not installed, and this is not a Debian to fetch it from")
    apt = root.with_name(root.name + ".apt")
    for leftover in (apt, root):
        shutil.rmtree(leftover, ignore_errors=True)
    for part in ("state/lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    try:
        _run("apt-get", *_private(apt), "update")
        _run(
            "apt-get", *_private(apt), "--download-only", "--no-install-recommends", "install", name
        )
        for package in sorted((apt / "cache/archives").glob("*.deb")):
            _run("dpkg-deb", "-x", str(package), str(root))
    finally:
        shutil.rmtree(apt, ignore_errors=True)


def _private(apt: Path) -> list[str]:
    options = {
        "Dir::State": apt / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "2",
        # There is nothing to lock: all that is written lies in folders of our own.
        "Debug::NoLocking": "true",
    }
    return ["-qq", "-y", *(f"-o{name}={value}" for name, value in options.items())]


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FETCH_S)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise NotObtainableError(f"{command[0]}: {said[-1] if said else 'failed'}") from None
    except subprocess.TimeoutExpired:
        raise NotObtainableError(f"{command[0]} took longer than {FETCH_S} s") from None
