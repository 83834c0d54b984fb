"""The beginning of a plugin: the tutorial's own distribution under another name."""

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from billing_hookspecs import FieldError, InvalidInputError

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SUFFIX = ".txt"


def write_skeleton(name: str, title: str, into: Path) -> Path:
    """Write the distribution ``billing-<name>`` into a new folder and return that.

    ``title`` is what people call the vendor or panel; "" takes it from the name.

    Raises InvalidInputError for a name that isn't snake case, or a folder that exists.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        detail = "must be lower-case words joined by underscores, such as acme_vps"
        raise InvalidInputError([FieldError("/name", detail)])
    folder = into / f"billing-{name.replace('_', '-')}"
    if folder.exists():
        raise InvalidInputError([FieldError("/into", f"{folder} exists already")])
    for path, text in rendered(name, title or name.replace("_", " ").capitalize()).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def rendered(name: str, title: str) -> dict[str, str]:
    """Path → content of every file of the distribution under this name."""
    root = files(__package__) / "files"
    return {
        path.replace("src/package/", f"src/billing_{name}/"): _renamed(
            template.read_text(), name, title
        )
        for path, template in _templates(root, "")
    }


def _templates(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += _templates(item, f"{path}{item.name}/")
        elif item.name.endswith(SUFFIX):
            found.append((path + item.name.removesuffix(SUFFIX), item))
    return found


def _renamed(text: str, name: str, title: str) -> str:
    words = name.split("_")
    camel = "".join(word.capitalize() for word in words)
    vendor = "".join(word.capitalize() for word in title.split())
    for old, new in (
        ("acme_vps", name),
        ("acme-vps", "-".join(words)),
        ("ACME_VPS", name.upper()),
        ("AcmeVps", camel),
        ("AcmeSimulator", f"{vendor}Simulator"),
        ("X-Acme-", f"X-{vendor}-"),
        ("Acme", title),
    ):
        text = text.replace(old, new)
    return text
