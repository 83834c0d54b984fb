"""Answer repeated requests with what the first one was answered."""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing_hookspecs import FieldError, InvalidInputError
from billing_kernel.domain.errors import ConflictError, RuleError
from billing_kernel.models import IdempotencyKey, wall_clock

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
    body: bytes

    @property
    def fingerprint(self) -> str:
        try:
            canonical = json.dumps(json.loads(self.body or b"null"), sort_keys=True).encode()
        except ValueError:
            canonical = self.body
        return sha256(canonical).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    status: int
    body: Any


def claim_key(session: Session, request: Request) -> StoredAnswer | None:
    """Take the key for this transaction's work; the stored answer if it was done before.

    A second request waits here until the first one's transaction ends. Raises KeyReusedError,
    StillRunningError, InvalidInputError for a malformed key.
    """
    if not 0 < len(request.key) <= LENGTH_MAX or not request.key.isprintable():
        raise InvalidInputError(
            [FieldError("/Idempotency-Key", f"must be 1 to {LENGTH_MAX} printable characters")]
        )
    mine = {"principal": request.principal, "route": request.route, "key": request.key}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    claimed = session.execute(
        dialect.insert(IdempotencyKey)
        .values(**mine, fingerprint=request.fingerprint)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    if claimed is not None:
        return None
    row = session.scalars(select(IdempotencyKey).filter_by(**mine)).one()
    if row.fingerprint != request.fingerprint:
        raise KeyReusedError("this idempotency key was used for another request; take a new one")
    if row.status is None or row.answer is None:
        raise StillRunningError("the first request with this idempotency key is still running")
    return StoredAnswer(row.status, row.answer["body"])


def store_answer(session: Session, request: Request, status: int, body: Any) -> None:
    """Keep the answer with the work, in one transaction."""
    row = session.scalars(
        select(IdempotencyKey).filter_by(
            principal=request.principal, route=request.route, key=request.key
        )
    ).one()
    row.status, row.answer = status, {"body": body}


def forget_old_answers(session: Session) -> None:
    """Drop answers that nobody will ask for any more."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < wall_clock() - KEPT))
