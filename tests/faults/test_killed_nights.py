"""Nightly runs that are killed at random against one that isn't."""

import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.killed_nights import Generation, books, fight, prepare
from tests.servers.databases import PostgresqlDatabases

from billing_hookspecs import Secret
from billing_kernel.sealing import new_key
from billing_kernel.settings import Settings

KILLED = (Generation(2), Generation(4), Generation(8))
LAST = Generation(1, survives=True)
STORIES = 8


@pytest.fixture
def nights(postgresql_databases: PostgresqlDatabases) -> Iterator[tuple[Settings, Settings]]:
    """Two databases with the same clients and services."""
    with ExitStack() as stack:
        urls = [stack.enter_context(postgresql_databases.migrated()) for _ in range(2)]
        key = Secret(new_key())
        one, other = (Settings(database_url=Secret(url), secret_keys=(key,)) for url in urls)
        prepare(one)
        prepare(other)
        yield one, other


@pytest.mark.slow
def test_runs_that_are_killed_at_random_come_to_the_same_books(
    nights: tuple[Settings, Settings],
) -> None:
    """Two, four and eight at once, all killed, then one more: nothing is billed twice or missed.

    Money is short, so that the books would also differ if a service that is due later were
    paid before one that is due longer.
    """
    clean, killed = nights
    fight(clean, [LAST], random.Random(1))
    fight(killed, [*KILLED, LAST], random.Random(2))
    expected = books(clean)
    assert expected.charged == 120
    assert expected.problems == ()
    assert books(killed) == expected


@pytest.mark.soak
@pytest.mark.parametrize("number", range(STORIES))
@pytest.mark.parametrize("runs", [2, 4, 8])
def test_many_nights_of_killed_runs_come_to_the_same_books(
    nights: tuple[Settings, Settings], runs: int, number: int
) -> None:
    """Some begin days late, some generations live on to the end."""
    clean, killed = nights
    chance = random.Random(100 * runs + number)
    days_late = chance.choice([0, 0, 1, 5])
    generations = [
        Generation(runs, survives=chance.random() < 0.2, lives_s=chance.uniform(0.1, 1.5))
        for _ in range(chance.randint(1, 4))
    ]
    fight(clean, [LAST], chance, days_late)
    fight(killed, [*generations, LAST], chance, days_late)
    expected = books(clean)
    assert expected.problems == ()
    assert books(killed) == expected
