"""Count what a run did, and how much there is to do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from billing_kernel.application.nightly import Step
from billing_kernel.application.paging.claiming import Due

LISTED_MAX: Final = 1000
"""How many lines a dry run lists; it counts them all."""


@dataclass(slots=True)
class Tally:
    """What a run did so far, and what is expected of it.

    ``expected``  how many services each step that began has to do with, by its name and the
                  provider. They are counted then: most that fall due are settled by the first
                  steps, and aren't to be counted once for each step. What is all in one page
                  isn't counted either.
    """

    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    would_charge: list[dict[str, Any]] = field(default_factory=list)
    would_charge_count: int = 0
    expected: dict[tuple[str, int], int] = field(default_factory=dict)
    _key: tuple[str, int] | None = None
    _done_before: int = 0

    @property
    def total(self) -> int:
        """How many services there are to look at, as far as is known; never less than were."""
        return max(sum(self.expected.values()), self.done)

    def begin(self, step: Step, due: Due) -> None:
        """Turn to a step."""
        self.end()
        self._key = (step.name, due.provider_id)

    def expect(self, count: int) -> None:
        """Say how many services the step has to do with."""
        if self._key is not None:
            self.expected[self._key] = count

    def end(self) -> None:
        """Done with a step: what it looked at is what there was."""
        self.expect(self.done - self._done_before)
        self._done_before = self.done

    def list_charges(self, lines: Sequence[dict[str, Any]]) -> None:
        self.would_charge_count += len(lines)
        self.would_charge += lines[: LISTED_MAX - len(self.would_charge)]
