"""Fixtures for all tests of the kernel: databases on both kinds of servers, and brokers."""

from pathlib import Path

import pytest

pytest_plugins = (
    "tests.servers.databases",
    "tests.servers.statements",
    "tests.servers.brokers",
)

TESTS = Path(__file__).parent
ON_ONE_DATABASE = (
    "acceptance",
    "integration/cli",
    "integration/documents",
    "integration/http",
    "integration/money/test_facts_in_any_order.py",
    "integration/money/test_stored_methods.py",
    "integration/money_parties",
    "integration/pricing",
    "scenarios/test_calendar_charging.py",
    "scenarios/test_story_monthly.py",
)
"""Where tests are that go through code that other tests try on both databases."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--everywhere", action="store_true", help="try every test on every kind of database"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is tried on PostgreSQL only with ``--everywhere``."""
    if config.getoption("--everywhere"):
        return
    spared = [item for item in items if _is_spared(item)]
    if spared:
        config.hook.pytest_deselected(items=spared)
        kept = set(items) - set(spared)
        items[:] = [item for item in items if item in kept]


def _is_spared(item: pytest.Item) -> bool:
    if "postgresql" not in item.name or item.get_closest_marker("on_both"):
        return False
    return any(item.path.is_relative_to(TESTS / folder) for folder in ON_ONE_DATABASE)
