"""Actors for tests of the queue, and a diary of what they did that outlives their process."""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from billing_kernel.application.kernel import Kernel

GATE_S = 120
SECRET = "hunter2-in-an-error"


class Diary:
    """A file with one line for each beginning and end of a piece of work."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "diary.txt"
        self._gate = folder / "gate"

    def actors(self) -> dict[str, Callable[..., None]]:
        """``note`` is quick, ``linger`` waits until the gate is open, the others fail."""
        return {
            "note": self._note,
            "linger": self._linger,
            "stumble": self._stumble,
            "leave": self._leave,
        }

    def open_gate(self) -> None:
        self._gate.touch()

    def begun(self) -> Counter[int]:
        """How often the work on each number was begun."""
        return self._count("begun")

    def done(self) -> Counter[int]:
        """How often the work on each number was done."""
        return self._count("done")

    def workers(self) -> set[str]:
        """The processes that did something."""
        return {line.split()[2] for line in self._lines()}

    def _note(self, kernel: Kernel, number: int) -> None:
        self._write("begun", number)
        self._write("done", number)

    def _linger(self, kernel: Kernel, number: int) -> None:
        self._write("begun", number)
        deadline = time.monotonic() + GATE_S
        while not self._gate.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._write("done", number)

    def _stumble(self, kernel: Kernel, number: int) -> None:
        self._write("begun", number)
        raise RuntimeError(f"password={SECRET}")

    def _leave(self, kernel: Kernel, number: int) -> None:
        self._write("begun", number)
        raise SystemExit(3)

    def _write(self, word: str, number: int) -> None:
        # One short write to a file opened for appending is never torn by another process.
        with self._file.open("a") as file:
            file.write(f"{word} {number} {os.getpid()}\n")

    def _count(self, word: str) -> Counter[int]:
        lines = (line.split() for line in self._lines())
        return Counter(int(number) for said, number, _pid in lines if said == word)

    def _lines(self) -> list[str]:
        return self._file.read_text().splitlines() if self._file.exists() else []
