"""What an invariant is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """``query`` gives the ids of the rows of ``table`` that break ``promise``."""

    name: str
    table: str
    promise: str
    query: str
