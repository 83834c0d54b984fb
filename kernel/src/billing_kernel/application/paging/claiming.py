"""Claim the next services that are due, without waiting for anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, Select, select, text, tuple_
from sqlalchemy.orm import Session

from billing_kernel.bulk import among, look_up_by_key
from billing_kernel.models import Client, Service
from billing_kernel.models.services import RENEWING

PAGE = 500


@dataclass(frozen=True, slots=True)
class Due:
    """Services of a provider that a step may have to do with on a business date.

    For pages what was done a moment ago must be out of the ``conditions``.
    """

    provider_id: int
    today: date
    conditions: tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A service's place in the order of the run, the longest due first, and its client."""

    expires_on: date
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
    fresh = _spots(session, _lockable(_after(due, place), lock).limit(PAGE))
    locked = {spot.service_id for spot in fresh}
    is_over = len(fresh) < PAGE
    window = _after(due, place)
    if not is_over:
        window = window.where(_position() <= tuple_(fresh[-1].expires_on, fresh[-1].service_id))
    again = _candidates(due).where(among(session, Service.id, list(place.left)))
    if place.left:
        locked |= {spot.service_id for spot in _spots(session, _lockable(again, lock))}
    # Read after the locks were taken: what others did until then is seen, and not done again.
    there = _spots(session, window)
    if place.left:
        there += _spots(session, again)
    held = {spot.client_id for spot in there if spot.service_id not in locked}
    left = {spot.service_id: spot for spot in there if spot.client_id in held}
    after = (fresh[-1].expires_on, fresh[-1].service_id) if fresh else place.after
    claimed = sorted(spot for spot in there if spot.client_id not in held)
    return Claim(claimed, Place(after, left, is_over))


def spots_from(session: Session, due: Due, place: Place) -> tuple[Sequence[Spot], Place]:
    """What the next claim would be about, whoever holds it, and the place after that."""
    fresh = _spots(session, _after(due, place).limit(PAGE))
    after = (fresh[-1].expires_on, fresh[-1].service_id) if fresh else place.after
    spots = sorted({*fresh, *place.left.values()})
    return spots, Place(after, {}, len(fresh) < PAGE)


def _candidates(due: Due) -> Select[date | None, int, int]:
    return (
        select(Service.expires_on, Service.id, Service.client_id)
        .where(
            # As the index has it: the planner doesn't look into parameters.
            text(RENEWING),
            Service.provider_id == due.provider_id,
            *due.conditions,
        )
        .order_by(Service.expires_on, Service.id)
    )


def _after(due: Due, place: Place) -> Select[date | None, int, int]:
    statement = _candidates(due)
    return statement if place.after is None else statement.where(_position() > place.after)


def _position() -> ColumnElement[tuple[date | None, int]]:
    return tuple_(Service.expires_on, Service.id)


def _lockable(
    statement: Select[date | None, int, int], lock: bool
) -> Select[date | None, int, int]:
    if not lock:
        return statement
    joined = statement.join(Client, Client.id == Service.client_id)
    return joined.with_for_update(of=(Service, Client), skip_locked=True)


def _spots(session: Session, statement: Select[date | None, int, int]) -> list[Spot]:
    return [
        Spot(expires_on, service_id, client_id)
        for expires_on, service_id, client_id in session.execute(statement)
        if expires_on is not None
    ]
