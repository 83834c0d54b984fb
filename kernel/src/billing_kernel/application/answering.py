"""Answer repeated requests with what the first one was answered."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.models import IdempotencyKey, wall_clock
from billing_kernel.sealing import KeyRing

KEPT = timedelta(days=7)
LENGTH_MAX = 255


class KeyReusedError(RuleError):
    """The idempotency key was used for another request."""

    code = "idempotency.key_reused"


class StillRunningError(ConflictError):
    """The first request with this key hasn't ended."""

    code = "idempotency.still_running"


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a request the same one: who asks, where, under which key, for what."""

    principal: str
    route: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    body: Any


def fingerprint_of(keys: KeyRing, body: bytes) -> str:
    """Stands for a request's JSON body, whatever the order of its fields.

    Bodies may hold passwords, so it is made with a key: nobody can try words against it.
    """
    try:
        canonical = json.dumps(json.loads(body or b"null"), sort_keys=True).encode()
    except ValueError:
        canonical = body
    return keys.digest(canonical)


def find_answer(session: Session, request: Request) -> StoredAnswer | None:
    """The stored answer, before anything is tried; raises as ``claim_key``."""
    check_key(request.key)
    row = session.scalar(_mine(request))
    return None if row is None else _answer_in(row, request)


def check_key(key: str) -> None:
    """Raise InvalidInputError for a malformed key."""
    if not 0 < len(key) <= LENGTH_MAX or not key.isprintable():
        raise InvalidInputError(
            [FieldError("/Idempotency-Key", f"must be 1 to {LENGTH_MAX} printable characters")]
        )


def claim_key(session: Session, request: Request) -> StoredAnswer | None:
    """Take the key for this transaction's work; the stored answer if it was done before.

    A second request waits here until the first one's transaction ends. Raises KeyReusedError,
    StillRunningError, InvalidInputError for a malformed key.
    """
    check_key(request.key)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    claimed = session.execute(
        dialect.insert(IdempotencyKey)
        .values(
            principal=request.principal,
            route=request.route,
            key=request.key,
            fingerprint=request.fingerprint,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    if claimed is not None:
        return None
    return _answer_in(session.scalars(_mine(request)).one(), request)


def _mine(request: Request) -> Select[IdempotencyKey]:
    return select(IdempotencyKey).filter_by(
        principal=request.principal, route=request.route, key=request.key
    )


def _answer_in(row: IdempotencyKey, request: Request) -> StoredAnswer:
    if row.fingerprint != request.fingerprint:
        raise KeyReusedError("this idempotency key was used for another request; take a new one")
    if row.status is None or row.answer is None:
        raise StillRunningError("the first request with this idempotency key is still running")
    return StoredAnswer(row.status, row.answer["body"])


def store_answer(session: Session, request: Request, status: int, body: Any) -> None:
    """Keep the answer with the work, in one transaction."""
    row = session.scalars(_mine(request)).one()
    row.status, row.answer = status, {"body": body}


def forget_old_answers(session: Session) -> None:
    """Drop answers that nobody will ask for any more."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < wall_clock() - KEPT))
