"""Plugins that were really installed, loaded in a fresh process through their entry points."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from billing_kernel.extensions import Reason

pytestmark = pytest.mark.xdist_group("sample_plugins")

SAMPLES = Path(__file__).parents[2] / "sample_plugins"

BROKEN = {
    "twin": Reason.NAME_REPEATED,
    "missing_import": Reason.IMPORT_FAILED,
    "failed_assertion": Reason.IMPORT_FAILED,
    "leaving": Reason.IMPORT_FAILED,
    "not_a_class": Reason.NOT_A_CLASS,
    "failing_constructor": Reason.CONSTRUCTION_FAILED,
    "no_manifest": Reason.MANIFEST_MISSING,
    "loose_manifest": Reason.MANIFEST_INVALID,
    "other_name": Reason.NAME_MISMATCH,
    "next_api": Reason.API_UNSUPPORTED,
    "unreadable_range": Reason.API_RANGE_INVALID,
    "equal_to_others": Reason.EQUALITY_DEFINED,
    "misspelt_hook": Reason.HOOK_UNKNOWN,
    "unmarked_hook": Reason.HOOK_UNMARKED,
    "async_hook": Reason.HOOK_NOT_PLAIN,
    "wrapping_hook": Reason.HOOK_NOT_PLAIN,
    "unoffered_argument": Reason.HOOK_ARGUMENTS,
    "without_self": Reason.HOOK_ARGUMENTS,
    "failing_registration": Reason.REGISTRATION_FAILED,
    "class_for_instance": Reason.REGISTRATION_INVALID,
    "lonely_driver": Reason.REGISTRATION_INVALID,
    "untitled_driver": Reason.DRIVER_INVALID,
    "boastful_driver": Reason.DRIVER_INVALID,
    "double_driver": Reason.DRIVER_REPEATED,
    "greenhouse_copy": Reason.DRIVER_REPEATED,
    "homeless_driver": Reason.PRODUCT_TYPE_UNKNOWN,
    "orphaned_driver": Reason.PRODUCT_TYPE_UNKNOWN,
}
GOOD = ["greenhouse", "loyalty", "part_refund", "screening", "watcher", "winback"]

REPORT = """
import json, sys
from importlib.metadata import entry_points
from billing_kernel.extensions import load_extensions
from billing_kernel.extensions.registries import DRIVER_KINDS

extensions = load_extensions(safe_mode="safe" in sys.argv)
print(json.dumps({
    "plugins": {
        record.name: {
            "status": record.status,
            "reason": record.reason,
            "text": record.reason_text,
            "distribution": record.distribution,
            "version": record.version,
            "title": record.title,
            "hooks": record.hooks,
            "drivers": [driver.key for driver in record.drivers],
        }
        for record in extensions.plugins
        if "sample" in record.distribution
    },
    "keys": [key for kind in DRIVER_KINDS for key in getattr(extensions, kind.name).keys()],
    "listeners": extensions.event_listeners(),
    "implementing": sorted(
        implementation.plugin_name
        for caller in vars(extensions.manager.hook).values()
        for implementation in caller.get_hookimpls()
    ),
}))
"""


@pytest.fixture(scope="session")
def report(in_fresh_process: Callable[..., Any], sample_site: Path) -> dict[str, Any]:
    """What the kernel made of all sample plugins at once."""
    found: dict[str, Any] = in_fresh_process(REPORT, sample_site)
    return found


def test_the_kernel_starts_whatever_is_broken(report: dict[str, Any]) -> None:
    """One bad plugin among thirty must not take the shop down, nor any of the good ones."""
    statuses = {name: plugin["status"] for name, plugin in report["plugins"].items()}

    assert statuses == dict.fromkeys(BROKEN, "quarantined") | dict.fromkeys(GOOD, "active")


@pytest.mark.parametrize(("name", "reason"), BROKEN.items())
def test_a_broken_plugin_is_quarantined_with_its_reason(
    report: dict[str, Any], name: str, reason: Reason
) -> None:
    """An administrator who reads the code finds the cure in the reference."""
    plugin = report["plugins"][name]

    assert plugin["reason"] == reason
    assert plugin["text"]


def test_every_reason_has_a_sample() -> None:
    """A reason that no sample causes is a check that nobody has seen at work."""
    shown_elsewhere = {Reason.SAFE_MODE, Reason.REPEATED_FAULTS}

    assert set(BROKEN.values()) | shown_elsewhere == set(Reason)


def test_a_quarantined_plugin_contributes_nothing(report: dict[str, Any]) -> None:
    """Half a plugin would sell what it can't deliver: it is all or nothing."""
    leftovers = [
        name
        for name in BROKEN
        if report["plugins"][name]["hooks"] + report["plugins"][name]["drivers"]
    ]

    assert leftovers == []
    assert set(BROKEN).isdisjoint(report["implementing"])
    assert {"sample_copied_plant", "boaster", "double", "untitled", "homeless"}.isdisjoint(
        report["keys"]
    )
    assert {"greenhouse", "sample_plant"} <= set(report["keys"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("twin", "billing-sample-twin-north 1.0.0, billing-sample-twin-south 1.0.0"),
        ("missing_import", "billing_sample_that_nobody_installed"),
        ("failed_assertion", "written for a preview"),
        ("leaving", "this machine has no licence for me"),
        ("other_name", "some_name"),
        ("next_api", ">=2,<3"),
        ("unreadable_range", "1.x"),
        ("misspelt_hook", "did you mean billing_adjust_price?"),
        ("unmarked_hook", "billing_adjust_price lacks the @impl marker"),
        ("unoffered_argument", "database"),
        ("class_for_instance", "the class Pigeon"),
        ("untitled_driver", "'title'"),
        ("boastful_driver", "suspend without suspend_service"),
        ("greenhouse_copy", "'greenhouse'"),
        ("homeless_driver", "sample_ghost"),
        ("orphaned_driver", "sample_copied_plant"),
    ],
)
def test_the_text_says_what_exactly_is_wrong(report: dict[str, Any], name: str, said: str) -> None:
    """A code alone would send the author searching."""
    assert said in report["plugins"][name]["text"]


def test_a_record_tells_what_was_installed(report: dict[str, Any]) -> None:
    """Support asks first for names and versions."""
    greenhouse = report["plugins"]["greenhouse"]

    assert (greenhouse["distribution"], greenhouse["version"]) == (
        "billing-sample-greenhouse",
        "1.0.0",
    )
    assert greenhouse["hooks"] == ["billing_processing_modules", "billing_product_types"]
    assert greenhouse["drivers"] == ["sample_plant", "greenhouse"]


def test_a_title_that_can_be_read_is_shown_even_in_quarantine(report: dict[str, Any]) -> None:
    """The list of plugins should name a broken one as its author does."""
    assert report["plugins"]["next_api"]["title"] == "Next API"


def test_answers_arrive_in_the_order_of_names(
    in_fresh_process: Callable[..., Any], sample_site: Path
) -> None:
    """Prices must not depend on what was installed first, or on who would like to go first."""
    code = """
import json
from billing_hookspecs import Money, Occasion, QuoteView
from billing_kernel.extensions import load_extensions
quote = QuoteView(1, 7, "sample_plant", 1, Occasion.ORDER, 1, 1, Money(10_000, "EUR"))
answers = load_extensions().adjust_price(quote)
print(json.dumps([(name, adjustment.amount_minor) for name, adjustment in answers]))
"""
    answers = in_fresh_process(code, sample_site)

    ours = [answer for answer in answers if answer[0] in GOOD]
    assert ours == [["loyalty", -1000], ["winback", -100]]


def test_news_reaches_exactly_the_plugin_that_is_told(
    in_fresh_process: Callable[..., Any], sample_site: Path, tmp_path: Path
) -> None:
    """Deliveries are counted and repeated for each plugin apart."""
    code = """
import json
from datetime import UTC, datetime
from billing_hookspecs import Event
from billing_kernel.extensions import load_extensions
extensions = load_extensions()
for name in extensions.event_listeners():
    extensions.tell(name, Event(5, "InvoicePaid", datetime(2026, 1, 31, tzinfo=UTC)))
print(json.dumps(extensions.event_listeners()))
"""
    heard = tmp_path / "heard"
    listeners = in_fresh_process(code, sample_site, SAMPLE_WATCHER_FILE=str(heard))

    assert "watcher" in listeners
    assert heard.read_text() == "5 InvoicePaid\n"


def test_an_installed_plugin_screens_orders(
    in_fresh_process: Callable[..., Any], sample_site: Path
) -> None:
    """The hook works from entry point to objection, not only with objects made by tests."""
    code = """
import json
from billing_hookspecs import Money, OrderView
from billing_kernel.extensions import load_extensions
order = OrderView(1, 7, "DE", "sample_plant", 1, 1, 11, {}, Money(110_000, "EUR"))
objections = load_extensions().screen_order(order)
print(json.dumps([(name, objection.code) for name, objection in objections]))
"""
    assert ["screening", "screening.too_many"] in in_fresh_process(code, sample_site)


def test_safe_mode_imports_no_installed_plugin(
    in_fresh_process: Callable[..., Any], sample_site: Path
) -> None:
    """An administrator must get in even when a plugin breaks the process in a new way."""
    code = REPORT.replace('"safe" in sys.argv', "True").replace(
        "print(json",
        'assert not [m for m in sys.modules if m.startswith("billing_sample")]\nprint(json',
    )
    plugins = in_fresh_process(code, sample_site)["plugins"]

    assert plugins["greenhouse"]["reason"] == Reason.SAFE_MODE
    assert plugins["leaving"]["reason"] == Reason.SAFE_MODE
    assert plugins["twin"]["reason"] == Reason.NAME_REPEATED


def test_a_plugin_is_seen_although_stevedores_caches_are_warm(
    in_fresh_process: Callable[..., Any],
    install: Callable[[list[Path], Path, Path], None],
    tmp_path: Path,
) -> None:
    """A plugin that was installed a moment ago must be there after the restart."""
    folder, site = tmp_path / "loyalty", tmp_path / "site"
    package = folder / "src" / "billing_sample_loyalty"
    package.mkdir(parents=True)
    sample = SAMPLES / "loyalty"
    source = sample / "src" / "billing_sample_loyalty" / "__init__.py"
    (package / "__init__.py").write_text(source.read_text())
    (folder / "pyproject.toml").write_text((sample / "pyproject.toml").read_text())
    install([folder], tmp_path / "first", site)
    times = {path: path.stat().st_mtime for path in [site, *site.glob("*/entry_points.txt")]}
    # stevedore writes no cache for interpreters below /tmp, where a checkout may well be.
    names = """
import json, sys
sys.executable = "/opt/python"
from stevedore import ExtensionManager
def fails(*_): pass
manager = ExtensionManager("billing.plugins", on_load_failure_callback=fails)
from billing_kernel.extensions import load_extensions
print(json.dumps([manager.entry_points_names(), [p.name for p in load_extensions().plugins]]))
"""
    cache = str(tmp_path / "cache")
    in_fresh_process(names, site, XDG_CACHE_HOME=cache)

    project = (folder / "pyproject.toml").read_text()
    second = 'loyalty = "billing_sample_loyalty:Plugin"\n'
    (folder / "pyproject.toml").write_text(
        project.replace(second, second + second.replace("loyalty =", "second_loyalty ="))
    )
    install([folder], tmp_path / "second", site)
    for path, time in times.items():
        os.utime(path, (time, time))
    stale, fresh = in_fresh_process(names, site, XDG_CACHE_HOME=cache)

    assert "second_loyalty" not in stale, "the cache was not warm, so this proves nothing"
    assert {"loyalty", "second_loyalty"} <= set(fresh)
