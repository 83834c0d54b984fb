"""Count what a run did, and how much there is to do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, not_, select
from sqlalchemy.orm import Session

from billing_kernel.application.kernel import Kernel
from billing_kernel.application.nightly import Step
from billing_kernel.application.paging.claiming import Due
from billing_kernel.models import Service

LISTED_MAX: Final = 1000
"""How many lines a dry run lists; it counts them all."""


@dataclass(slots=True)
class Tally:
    """What a run did so far, and what is expected of it.

    ``expected``  how many services each step has to do with, by its name and the provider.
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
        """How many services there are to look at; never less than were."""
        return max(sum(self.expected.values()), self.done)

    def expect(self, session: Session, dues: Sequence[tuple[Step, Due]]) -> None:
        """Count what is due, a service once: with the first step that has to do with it."""
        for index, (step, due) in enumerate(dues):
            earlier = [
                other.conditions
                for _, other in dues[:index]
                if other.provider_id == due.provider_id
            ]
            self.expected[step.name, due.provider_id] = _count(session, due, earlier)

    def begin(self, kernel: Kernel, step: Step, due: Due) -> None:
        """Turn to a step: what the ones before left to it is counted anew."""
        is_first = self._key is None
        self.end()
        self._key = (step.name, due.provider_id)
        if not is_first:
            with kernel.database.reading() as session:
                self.expected[self._key] = _count(session, due, ())

    def end(self) -> None:
        """Done with a step: what it looked at is what there was."""
        if self._key is not None:
            self.expected[self._key] = self.done - self._done_before
        self._done_before = self.done

    def list_charges(self, lines: Sequence[dict[str, Any]]) -> None:
        self.would_charge_count += len(lines)
        self.would_charge += lines[: LISTED_MAX - len(self.would_charge)]


def _count(session: Session, due: Due, but: Sequence[tuple[ColumnElement[bool], ...]]) -> int:
    others = [not_(func.coalesce(and_(*conditions), false())) for conditions in but]
    statement = select(func.count(Service.id)).where(
        Service.provider_id == due.provider_id, *due.conditions, *others
    )
    return session.scalar(statement) or 0
