"""Claim the next services that are due, without waiting for anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from billing_kernel.bulk import among, look_up_by_key, writes_alone
from billing_kernel.models import Client, Service

PAGE = 500


@dataclass(frozen=True, slots=True)
class Due:
    """Services of a provider that a step may have to do with on a business date.

    For pages what was done a moment ago must be out of the ``conditions``. ``on`` is the date
    that services are read in the order of; those without it are left out.
    """

    provider_id: int
    today: date
    conditions: tuple[ColumnElement[bool], ...]
    on: Any = Service.expires_on


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A service's place in the order of the run, the longest due first, and its client."""

    due_on: date
    service_id: int
    client_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """How far a run is: all up to ``after`` was claimed, but for what others hold (``left``)."""

    after: tuple[date, int] | None = None
    left: Mapping[int, Spot] = field(default_factory=dict)
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Services that belong to this transaction now, and the place to go on from after it."""

    spots: Sequence[Spot]
    next: Place


def claim_page(session: Session, due: Due, place: Place, *, lock: bool = True) -> Claim:
    """Lock the next services with their clients, and those left before; never waits.

    What somebody else holds is left for later, with all that its client has due: of several
    services the one that is due the longest is paid first.
    """
    look_up_by_key(session)
    fresh = _spots(session, _lockable(spots_after(due, place), lock).limit(PAGE))
    locked = {spot.service_id for spot in fresh}
    is_over = len(fresh) < PAGE
    window = spots_after(due, place)
    if not is_over:
        window = window.where(_position(due) <= tuple_(*_after_all(fresh, place)))
    again = _candidates(due).where(among(session, Service.id, list(place.left)))
    if place.left:
        locked |= {spot.service_id for spot in _spots(session, _lockable(again, lock))}
    # Read after the locks were taken: what others did until then is seen, and not done again.
    there = list(fresh) if writes_alone(session) else _spots(session, window)
    if place.left:
        there += _spots(session, again)
    held = {spot.client_id for spot in there if spot.service_id not in locked}
    left = {spot.service_id: spot for spot in there if spot.client_id in held}
    claimed = sorted(spot for spot in there if spot.client_id not in held)
    return Claim(claimed, Place(_after_all(fresh, place), left, is_over))


def spots_from(
    session: Session, due: Due, place: Place, limit: int = PAGE
) -> tuple[Sequence[Spot], Place]:
    """What the next claim would be about, whoever holds it, and the place after that."""
    look_up_by_key(session)
    fresh = _spots(session, spots_after(due, place).limit(limit))
    spots = sorted({*fresh, *place.left.values()})
    return spots, Place(_after_all(fresh, place), {}, len(fresh) < limit)


def count_after(session: Session, due: Due, place: Place) -> int:
    """How many services there are from a place on."""
    look_up_by_key(session)
    spots = spots_after(due, place).with_only_columns(func.count(Service.id)).order_by(None)
    return (session.scalar(spots) or 0) + len(place.left)


def _after_all(fresh: Sequence[Spot], place: Place) -> Any:
    return (fresh[-1].due_on, fresh[-1].service_id) if fresh else place.after


def _candidates(due: Due) -> Select[date | None, int, int]:
    return (
        select(due.on, Service.id, Service.client_id)
        .where(Service.provider_id == due.provider_id, *due.conditions)
        .order_by(due.on, Service.id)
    )


def spots_after(due: Due, place: Place) -> Select[date | None, int, int]:
    statement = _candidates(due)
    return statement if place.after is None else statement.where(_position(due) > place.after)


def _position(due: Due) -> ColumnElement[tuple[date | None, int]]:
    return tuple_(due.on, Service.id)


def _lockable(
    statement: Select[date | None, int, int], lock: bool
) -> Select[date | None, int, int]:
    if not lock:
        return statement
    joined = statement.join(Client, Client.id == Service.client_id)
    return joined.with_for_update(of=(Service, Client), skip_locked=True)


def _spots(session: Session, statement: Select[date | None, int, int]) -> list[Spot]:
    return [
        Spot(due_on, service_id, client_id)
        for due_on, service_id, client_id in session.execute(statement)
        if due_on is not None
    ]
