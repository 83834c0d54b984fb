"""Nightly runs in processes of their own: several at once, killed at any moment, started late."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event

from sqlalchemy import func, select
from tests.factories import FakeModule, make_kernel, make_shop
from tests.nights import NIGHT, Crowd, ledger_hash, run_night, seed
from tests.servers.copies import processes

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.paging import claiming
from billing_kernel.application.verifying import verify_ledger
from billing_kernel.clock import FixedClock
from billing_kernel.models import LedgerEntry
from billing_kernel.settings import Settings

SHORT_OF_MONEY = Crowd(60, 4, 2500)
"""Each client has money for two of four services: it matters which are paid first."""

PAGE = 5
READY_S = 60
FINISHED_S = 300


@dataclass(frozen=True, slots=True)
class Books:
    """What a night came to; ``charged`` is how many services it charged for."""

    ledger: str
    charged: int
    problems: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """Runs that begin at about the same time.

    Each is killed up to ``lives_s`` seconds after it has done its first page, unless it
    ``survives``.
    """

    runs: int
    survives: bool = False
    lives_s: float = 0.3


def open_night(settings: Settings, days_late: int = 0) -> Kernel:
    clock = FixedClock(NIGHT + timedelta(days=days_late))
    return make_kernel(settings, FakeModule(), clock=clock)


def prepare(settings: Settings, crowd: Crowd = SHORT_OF_MONEY) -> None:
    """A shop and its crowd, the evening before."""
    kernel = open_night(settings)
    seed(kernel, make_shop(kernel, time_zone="UTC"), crowd)
    kernel.database.close()


def fight(
    settings: Settings, generations: Sequence[Generation], chance: random.Random, days_late: int = 0
) -> None:
    """Let one generation of runs after the other do the same night."""
    for generation in generations:
        running = []
        for _ in range(generation.runs):
            running.append(_begin(settings, days_late))
            time.sleep(chance.uniform(0, 0.1))
        for process, ready in running:
            if not generation.survives:
                assert ready.wait(READY_S)
                time.sleep(chance.uniform(0, generation.lives_s))
                process.kill()
        for process, _ in running:
            process.join(FINISHED_S)
            assert process.exitcode == 0 or not generation.survives


def books(settings: Settings) -> Books:
    kernel = open_night(settings)
    with kernel.database.reading() as session:
        holds = session.scalar(select(func.count(LedgerEntry.id)).where(LedgerEntry.kind == "hold"))
        found = Books(ledger_hash(session), holds or 0, verify_ledger(session).problems)
    kernel.database.close()
    return found


def _begin(settings: Settings, days_late: int) -> tuple[ForkServerProcess, Event]:
    ready = processes.Event()
    process = processes.Process(target=_one_night, args=(settings, days_late, ready))
    process.start()
    return process, ready


def _one_night(settings: Settings, days_late: int, ready: Event) -> None:
    claiming.PAGE = PAGE
    kernel = open_night(settings, days_late)
    run_night(kernel, lambda _done, _total: ready.set())
    ready.set()
    kernel.database.close()
