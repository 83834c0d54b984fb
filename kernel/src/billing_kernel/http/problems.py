"""Errors as ``application/problem+json``: the only place that knows status codes."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.exc import IntegrityError

from billing_hookspecs import (
    BillingError,
    CapabilityMissingError,
    CurrencyMismatchError,
    FieldError,
    InvalidInputError,
    NotificationRejectedError,
    OutcomeUnknownError,
    UnknownCurrencyError,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_kernel.application.checking_out import CartPriceChangedError
from billing_kernel.application.denominating import CurrencyInUseError
from billing_kernel.application.exemplifying import ExampleDiffersError
from billing_kernel.database import DatabaseUnavailableError
from billing_kernel.documents import RenderingError
from billing_kernel.domain.errors import (
    ConflictError,
    ForbiddenError,
    LoginRequiredError,
    MissingError,
    RuleError,
    TooManyError,
)
from billing_kernel.extensions import (
    NotReleasableError,
    PluginFaultError,
    UnknownDriverError,
    UnknownPluginError,
)
from billing_kernel.http.bodies import MalformedBodyError
from billing_kernel.http.shapes.carts import Cart
from billing_kernel.http.shapes.examples import ExampleAnswer

PROBLEM_JSON = "application/problem+json"

STATUSES: Mapping[type[BillingError], HTTPStatus] = {
    InvalidInputError: HTTPStatus.BAD_REQUEST,
    MalformedBodyError: HTTPStatus.BAD_REQUEST,
    UnknownDriverError: HTTPStatus.BAD_REQUEST,
    UnknownCurrencyError: HTTPStatus.BAD_REQUEST,
    CurrencyMismatchError: HTTPStatus.BAD_REQUEST,
    NotificationRejectedError: HTTPStatus.BAD_REQUEST,
    LoginRequiredError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    MissingError: HTTPStatus.NOT_FOUND,
    UnknownPluginError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    NotReleasableError: HTTPStatus.CONFLICT,
    RuleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UpstreamRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    CapabilityMissingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    UpstreamBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    OutcomeUnknownError: HTTPStatus.SERVICE_UNAVAILABLE,
    PluginFaultError: HTTPStatus.SERVICE_UNAVAILABLE,
    DatabaseUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    RenderingError: HTTPStatus.SERVICE_UNAVAILABLE,
    BillingError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Families of errors and their status codes; the nearest ancestor decides."""

REQUEST_CODES: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "request.unknown_path",
    HTTPStatus.METHOD_NOT_ALLOWED: "request.method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request.too_large",
}
"""Codes of requests that reach no use case; any other is ``request.malformed``."""

MALFORMED = "request.malformed"
INTERNAL = "internal"
RACE = "conflict"
DATABASE_PAUSE_S = 5

_ENDS = re.compile(r"[.;:](?:\s|$)")

log = structlog.get_logger(__name__)


class FieldProblem(Struct, frozen=True):
    """One invalid field: a JSON pointer to it and what is wrong."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong, by RFC 9457. ``code`` is stable; ``instance`` is also in the log.

    ``differences`` has the examples of a tariff plan that come to something else, each with
    what it last came to beside it; ``cart`` is the cart whose prices have changed.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | UnsetType = UNSET
    differences: list[ExampleAnswer] | UnsetType = UNSET
    cart: Cart | UnsetType = UNSET
    instance: str | UnsetType = UNSET


def status_of(error: type[BillingError]) -> HTTPStatus:
    """The status code of a class of errors."""
    return next(STATUSES[family] for family in error.__mro__ if family in STATUSES)


def answer_refusal(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to an error that the application knows."""
    if not isinstance(error, BillingError):
        raise TypeError("only errors of the application are answered here")
    status = status_of(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_fault(request, error)
    return _answer(
        status,
        error.code,
        error.message,
        title=_first_sentence(error),
        errors=_field_errors(error),
        differences=_differences(error),
        cart=_cart(error),
        headers=_headers(error),
    )


def answer_http_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to a request that never reached a use case."""
    if not isinstance(error, HTTPException):
        raise TypeError("only errors of the framework are answered here")
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_fault(request, error)
    if isinstance(error, ValidationException):
        problems = [_parameter_error(request, each) for each in error.extra or ()]
        text = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems)
        return _answer(
            HTTPStatus.BAD_REQUEST,
            InvalidInputError.code,
            text or error.detail,
            title=_first_sentence(InvalidInputError(())),
            errors=problems,
        )
    status = HTTPStatus(error.status_code)
    return _answer(
        status,
        REQUEST_CODES.get(status, MALFORMED),
        f"{request.method} {request.url.path}: {status.phrase}",
        headers=dict(error.headers or {}),
    )


def answer_race(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The database refused what another request made impossible a moment before."""
    log.warning("request.raced", method=request.method, path=request.url.path, exc_info=error)
    return _answer(
        HTTPStatus.CONFLICT,
        RACE,
        "another request changed the same thing at the same time; reload and try again",
    )


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The answer to our own fault: an id that is in the log too, and nothing of the fault."""
    instance = f"urn:uuid:{uuid4()}"
    log.error(
        "request.failed",
        instance=instance,
        method=request.method,
        path=request.url.path,
        exc_info=error,
    )
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        INTERNAL,
        "something went wrong here; name this instance to the people who run this service",
        instance=instance,
    )


EXCEPTION_HANDLERS: Mapping[int | type[Exception], Any] = {
    BillingError: answer_refusal,
    HTTPException: answer_http_error,
    IntegrityError: answer_race,
    Exception: answer_fault,
}


def _answer(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    title: str = "",
    errors: Sequence[FieldProblem] = (),
    differences: Sequence[ExampleAnswer] = (),
    cart: Cart | UnsetType = UNSET,
    instance: str | UnsetType = UNSET,
    headers: Mapping[str, str] | None = None,
) -> Response[Problem]:
    problem = Problem(
        type=f"urn:billing-kernel:problem:{code}",
        title=title or status.phrase,
        status=status.value,
        detail=detail,
        code=code,
        errors=list(errors) or UNSET,
        differences=list(differences) or UNSET,
        cart=cart,
        instance=instance,
    )
    return Response(
        problem, status_code=status.value, media_type=PROBLEM_JSON, headers=dict(headers or {})
    )


def _first_sentence(error: BillingError) -> str:
    """A title that is the same for every occurrence: what the class says of itself."""
    lines = (type(error).__doc__ or "").strip().splitlines()
    return _ENDS.split(lines[0])[0] if lines else ""


def _field_errors(error: BillingError) -> list[FieldProblem]:
    match error:
        case InvalidInputError():
            return [FieldProblem(each.pointer, each.detail) for each in error.errors]
        case UnknownDriverError():
            return [FieldProblem("/driver", error.message)]
        case UnknownCurrencyError():
            return [FieldProblem("/currency", error.message)]
        case CurrencyInUseError():
            return [FieldProblem("/currency", reason) for reason in error.reasons]
    return []


def _differences(error: BillingError) -> list[ExampleAnswer]:
    if not isinstance(error, ExampleDiffersError):
        return []
    return [ExampleAnswer.of(example) for example in error.differences]


def _cart(error: BillingError) -> Cart | UnsetType:
    return Cart.of(error.cart) if isinstance(error, CartPriceChangedError) else UNSET


def _headers(error: BillingError) -> dict[str, str]:
    match error:
        case LoginRequiredError():
            return {"WWW-Authenticate": "Bearer"}
        case TooManyError() | UpstreamBusyError():
            return {"Retry-After": str(error.retry_after_s)}
        case DatabaseUnavailableError():
            return {"Retry-After": str(DATABASE_PAUSE_S)}
    return {}


def _parameter_error(request: Request[Any, Any, Any], extra: Any) -> FieldProblem:
    """A complaint of the framework about a path, query or header parameter, or a lost body."""
    if not isinstance(extra, Mapping):
        return FieldProblem("", str(extra))
    key = str(extra.get("key", ""))
    if key == "data":
        return FieldProblem("", "a JSON body is required")
    field = request.route_handler.parsed_fn_signature.parameters.get(key)
    name = getattr(field.kwarg_definition, "name", None) if field else None
    return FieldProblem(f"/{name or key}", str(extra.get("message", "is invalid")))


def field_errors(errors: Sequence[FieldError], under: str) -> list[FieldError]:
    """The same errors one level deeper in the request."""
    return [FieldError(under + error.pointer, error.detail) for error in errors]
