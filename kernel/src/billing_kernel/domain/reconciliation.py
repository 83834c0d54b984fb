"""Where what we sold and what exists upstream differ."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing_hookspecs import ImportableService


class DifferenceKind(StrEnum):
    """``GHOST`` exists upstream only; ``MISSING`` here only; the others exist on both sides."""

    GHOST = "ghost"
    MISSING = "missing"
    STATE = "state"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class KnownService:
    """A service as we have it.

    ``version`` tells whether it was changed meanwhile; ``is_moving``, that something is being
    done to it.
    """

    id: int
    upstream_id: str
    name: str
    is_active: bool
    expires_on: date | None
    version: int
    is_moving: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """``upstream_id`` as the upstream names it; ``service_id`` None for a ghost."""

    kind: DifferenceKind
    upstream_id: str
    service_id: int | None
    detail: str


def differences(
    found: Iterable[ImportableService],
    before: Collection[KnownService],
    after: Collection[KnownService],
) -> tuple[Difference, ...]:
    """What doesn't agree. ``before`` and ``after`` are ours around the look at the upstream.

    A service that was changed in between says nothing, nor does one that appeared or went.
    """
    upstream = {each.upstream_id: each for each in found}
    known = {each.upstream_id for each in (*before, *after)}
    ghosts = [_ghost(each) for each in upstream.values() if each.upstream_id not in known]
    steady = set(before) & set(after)
    ours = [each for each in after if each in steady and not each.is_moving]
    return (*ghosts, *(odd for each in ours for odd in _compared(each, upstream)))


def _ghost(each: ImportableService) -> Difference:
    detail = f"{each.product_type} {each.name} ({each.upstream_id}) exists upstream only"
    return Difference(DifferenceKind.GHOST, each.upstream_id, None, detail)


def _compared(
    ours: KnownService, upstream: Mapping[str, ImportableService]
) -> Iterable[Difference]:
    theirs = upstream.get(ours.upstream_id)
    name = f"service {ours.id} ({ours.name}, {ours.upstream_id})"
    if theirs is None:
        yield _odd(DifferenceKind.MISSING, ours, f"{name} doesn't exist upstream")
        return
    if theirs.is_active != ours.is_active:
        here, there = _state(ours.is_active), _state(theirs.is_active)
        yield _odd(DifferenceKind.STATE, ours, f"{name} is {here} here and {there} upstream")
    if theirs.expires_on and ours.expires_on and theirs.expires_on < ours.expires_on:
        yield _odd(
            DifferenceKind.EXPIRY,
            ours,
            f"{name} is paid until {ours.expires_on} and ends upstream on {theirs.expires_on}",
        )


def _state(is_active: bool) -> str:
    return "active" if is_active else "suspended"


def _odd(kind: DifferenceKind, ours: KnownService, detail: str) -> Difference:
    return Difference(kind, ours.upstream_id, ours.id, detail)
