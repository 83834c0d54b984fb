"""What authors read names everything that there is, by its exact name."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import billing_hookspecs
from billing_hookspecs import (
    Capability,
    GatewayCapability,
    IpAllocator,
    NameServer,
    NotificationChannel,
    OperationKind,
    PaymentGateway,
    PaymentState,
    ProcessingModule,
    hooks,
    testing,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {path.stem: path.read_text() for path in (DOCS / "plugins").glob("*.md")}
TEXTS = {path: path.read_text() for path in DOCS.rglob("*.md")}


def signatures_of_hooks() -> list[str]:
    """As they stand in the source: ``billing_on_event(event: Event) -> None``."""
    functions = [
        it for it in ast.parse(inspect.getsource(hooks)).body if isinstance(it, ast.FunctionDef)
    ]
    return [
        f"{it.name}({ast.unparse(it.args)}) -> {ast.unparse(it.returns)}"
        for it in functions
        if it.returns
    ]


def public_methods(driver: type) -> list[str]:
    return [name for name, it in vars(driver).items() if inspect.isfunction(it) and name[0] != "_"]


def test_there_are_hooks_to_look_for() -> None:
    """A search that found nothing would prove nothing."""
    assert "billing_on_event(event: Event) -> None" in signatures_of_hooks()


@pytest.mark.parametrize("signature", signatures_of_hooks())
def test_every_hook_has_a_heading_with_its_exact_signature(signature: str) -> None:
    """Authors copy from here; an argument that was renamed would never be filled."""
    assert f"\n### `{signature}`\n" in PAGES["hooks"]


def test_there_is_no_heading_for_a_hook_that_is_gone() -> None:
    """A hook that doesn't exist any more quarantines whoever implements it."""
    headings = re.findall(r"^### `(billing_.*)`$", PAGES["hooks"], re.MULTILINE)
    assert sorted(headings) == sorted(signatures_of_hooks())


@pytest.mark.parametrize("capability", list(Capability))
def test_every_capability_of_modules_has_a_row(capability: Capability) -> None:
    """What isn't described isn't declared."""
    assert f"\n| `{capability}` |" in PAGES["processing"]


@pytest.mark.parametrize("kind", list(OperationKind))
def test_every_kind_of_operation_has_a_row(kind: OperationKind) -> None:
    """A driver's look-up has to tell them apart."""
    assert f"\n| `{kind}` |" in PAGES["processing"]


@pytest.mark.parametrize("word", [*GatewayCapability, *PaymentState])
def test_every_capability_and_state_of_gateways_is_described(word: str) -> None:
    """What isn't described isn't declared."""
    assert f"`{word}`" in PAGES["gateways"]


@pytest.mark.parametrize(
    ("driver", "page"),
    [
        (ProcessingModule, "processing"),
        (IpAllocator, "processing"),
        (NameServer, "name-servers"),
        (PaymentGateway, "gateways"),
        (NotificationChannel, "channels"),
    ],
)
def test_every_call_of_a_driver_is_on_its_page(driver: type, page: str) -> None:
    """The page promises to be the contract in full."""
    for method in public_methods(driver):
        assert f"`{method}`" in PAGES[page], f"{driver.__name__}.{method}"


def test_every_suite_is_mentioned() -> None:
    """A suite that nobody finds is run by nobody."""
    everything = "\n".join(PAGES.values())
    for name in testing.__all__:
        if name.endswith("Conformance"):
            assert f"`{name}`" in everything, name


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(DOCS)))
def test_what_the_docs_import_exists(path: Path) -> None:
    """An example that can't be imported teaches nothing."""
    for module, names in re.findall(
        r"^from (billing_hookspecs[\w.]*) import (\([^)]*\)|[^(\n]*)$", TEXTS[path], re.MULTILINE
    ):
        known = {"billing_hookspecs": billing_hookspecs, "billing_hookspecs.testing": testing}
        for name in re.findall(r"\w+", names):
            assert hasattr(known[module], name), f"{module} has no {name}"


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """A reader who is sent on must arrive."""
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", PAGES[page]):
        path = (DOCS / "plugins" / target) if target else DOCS / "plugins" / f"{page}.md"
        assert path.exists(), f"{page}.md links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            slugs = {"#" + re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}
            assert anchor in slugs, f"{page}.md links to {target}{anchor}"
