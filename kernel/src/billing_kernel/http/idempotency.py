"""``Idempotency-Key``: work, its answer and the key are committed together or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from litestar import MediaType, Request, Response
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation
from msgspec import json
from sqlalchemy.orm import Session

from billing_kernel.application import answering
from billing_kernel.application.answering import StoredAnswer, claim_key, find_answer, store_answer
from billing_kernel.application.kernel import Kernel
from billing_kernel.http.auth import GivenKernel, GivenVisitor

REPLAYED = "Idempotent-Replayed"
GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Once:
    """Does the work of one request once, however often the request is repeated.

    ``request`` is None where no key was sent: each repetition is a request of its own then.
    """

    kernel: Kernel
    request: answering.Request | None

    def before(self) -> Response[Any] | None:
        """The stored answer, for handlers that must ask the network before their work."""
        if self.request is None:
            return None
        request = self.request
        with self.kernel.database.reading() as session:
            stored = find_answer(session, request)
        if stored is None:
            return None
        return _response(stored.status, stored.body, is_new=False)

    def answer(
        self,
        work: Callable[[Session], Any],
        *,
        status: int = 201,
        afterwards: Callable[[Any], Any] | None = None,
        dress: Callable[[Any, bool], Any] | None = None,
    ) -> Response[Any]:
        """Do ``work`` in one transaction, and answer with what it returned.

        ``afterwards`` gets the answer as plain JSON after the commit and returns the one to
        send and to keep; it may use the network, and it runs again for a repeated request,
        because its process may have died in between. ``dress`` adds what must not be kept,
        and is told whether the work was done just now.
        """
        stored, is_new = self.kernel.database.run(lambda session: self._work(session, work, status))
        text = stored.body
        if afterwards is not None:
            text = _text(afterwards(json.decode(text)))
        if text != stored.body:
            self.kernel.database.run(lambda session: self._store(session, stored.status, text))
        if dress is not None:
            text = _text(dress(json.decode(text), is_new))
        return _response(stored.status, text, is_new=is_new)

    def _work(
        self, session: Session, work: Callable[[Session], Any], status: int
    ) -> tuple[StoredAnswer, bool]:
        if self.request is not None:
            stored = claim_key(session, self.request)
            if stored is not None:
                return stored, False
        text = _text(work(session))
        self._store(session, status, text)
        return StoredAnswer(status, text), True

    def _store(self, session: Session, status: int, text: str) -> None:
        if self.request is not None:
            store_answer(session, self.request, status, text)


GivenOnce: TypeAlias = NamedDependency[SkipValidation[Once]]


async def provide_once(
    request: Request[Any, Any, Any],
    kernel: GivenKernel,
    visitor: GivenVisitor,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="Repeating a request with its key gets the first one's answer.",
        ),
    ] = None,
) -> Once:
    """What makes this request and its repetitions one."""
    if idempotency_key is None:
        return Once(kernel, None)
    return Once(
        kernel,
        answering.Request(
            principal=visitor.principal if visitor else GUEST,
            route=f"{request.method} {request.url.path}"[:255],
            key=idempotency_key,
            fingerprint=answering.fingerprint_of(kernel.keys, await request.body()),
        ),
    )


def _text(answer: Any) -> str:
    """An answer as it is sent and kept: a repetition gets the same bytes."""
    return json.encode(answer).decode()


def _response(status: int, text: str, *, is_new: bool) -> Response[Any]:
    return Response(
        text.encode(),
        status_code=status,
        media_type=MediaType.JSON,
        headers={} if is_new else {REPLAYED: "true"},
    )
