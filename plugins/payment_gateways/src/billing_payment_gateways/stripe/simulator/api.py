"""The API's endpoints, its authentication and its idempotency keys."""

import base64
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from billing_payment_gateways.simulation import (
    Fault,
    FaultKind,
    Request,
    Response,
    json_response,
)
from billing_payment_gateways.stripe.simulator import cards, giving_back, intents, lists, sessions
from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.errors import ApiError, invalid, missing
from billing_payment_gateways.stripe.simulator.form import Form

FORM = "application/x-www-form-urlencoded"
VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?")
KEY_KEPT_S = 24 * 3600
KEY_LENGTH_MAX = 255

GETS = {
    "/v1/checkout/sessions": "checkout.session",
    "/v1/payment_intents": "payment_intent",
    "/v1/refunds": "refund",
    "/v1/disputes": "dispute",
}


@dataclass(frozen=True, slots=True)
class _Kept:
    """The answer that a key keeps, and the request that it was for."""

    asked: tuple[str, ...]
    response: Response
    kept_until: int


class Api:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._kept: dict[str, _Kept] = {}
        self._turn = threading.Lock()

    def answer(self, request: Request, fault: Fault | None) -> Response:
        try:
            self._authenticate(request)
            if request.method == "GET":
                with self.account.lock:
                    return json_response(200, self._read(request))
            if request.method == "POST":
                return self._once(request, fault)
            raise ApiError(405, "", f"Unsupported method: {request.method}")
        except ApiError as error:
            return json_response(error.status, {"error": error.error})

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            given = base64.b64decode(given).decode().partition(":")[0]
        if given != self.account.secret_key:
            hidden = given[:8] + "*" * 8
            raise ApiError(401, "", f"Invalid API Key provided: {hidden}")
        if not VERSION.fullmatch(request.headers.get("stripe-version", "")):
            raise invalid("", "This simulator wants a Stripe-Version.")

    def _once(self, request: Request, fault: Fault | None) -> Response:
        """Do the work, unless this key has been answered before."""
        key = request.headers.get("idempotency-key", "")
        if len(key) > KEY_LENGTH_MAX:
            raise invalid("", "The idempotency key is too long.")
        if fault and fault.kind is FaultKind.CONFLICT:
            message = "There is currently another in-progress request using this Idempotent Key."
            raise ApiError(409, "idempotency_key_in_use", message)
        asked = (request.method, request.path, *sorted(request.body.decode().split("&")))
        with self._turn:
            kept = self._kept.get(key) if key else None
            if kept and kept.kept_until > self.account.now():
                return _replayed(kept, asked)
            response, is_kept = self._worked(request, fault)
            if key and is_kept:
                self._kept[key] = _Kept(asked, response, self.account.now() + KEY_KEPT_S)
            return response

    def _worked(self, request: Request, fault: Fault | None) -> tuple[Response, bool]:
        """The answer, and whether work had begun, so that a repetition gets the same."""
        try:
            done = None
            if fault is None or fault.after_work:
                with self.account.lock:
                    done = self._write(request)
            if fault is None:
                return json_response(200, done), True
            error = ApiError(500, "", "An unknown error occurred", type="api_error", executed=True)
        except ApiError as refusal:
            error = refusal
        return json_response(error.status, {"error": error.error}), error.executed

    def _read(self, request: Request) -> Object:
        sessions.expire_due(self.account)
        path = request.path
        if path == "/v1/payment_intents/search":
            return lists.search_intents(self.account, request.query)
        if path in GETS:
            return lists.list_objects(self.account, GETS[path], request.query)
        collection, _, object_id = path.rpartition("/")
        if collection not in GETS:
            raise _unknown(request)
        form = Form(request.query, ())
        return self.account.shown(self.account.find(GETS[collection], object_id), form.expand)

    def _write(self, request: Request) -> Object:
        sessions.expire_due(self.account)
        if request.body and not request.headers.get("content-type", "").startswith(FORM):
            raise invalid("", "Invalid request: the body must be form-encoded.")
        if request.query:
            raise invalid("", "Parameters of a POST go into its body.")
        path, body, account = request.path, request.body.decode(), self.account
        creators: dict[str, tuple[tuple[str, ...], Callable[[Form], Object]]] = {
            "/v1/checkout/sessions": (
                sessions.CREATE,
                lambda form: sessions.open_session(account, form, request.base_url),
            ),
            "/v1/payment_intents": (
                intents.CREATE,
                lambda form: intents.create_intent(account, form),
            ),
            "/v1/refunds": (
                giving_back.CREATE_REFUND,
                lambda form: giving_back.create_refund(account, form),
            ),
        }
        if path in creators:
            known, create = creators[path]
            form = Form(body, known)
            return account.shown(create(form), form.expand)
        detached = re.fullmatch(r"/v1/payment_methods/(\w+)/detach", path)
        if detached:
            return account.shown(cards.detach(account, detached[1]), [])
        raise _unknown(request)


def _replayed(kept: _Kept, asked: tuple[str, ...]) -> Response:
    if kept.asked != asked:
        message = "Keys for idempotent requests can only be used with the same parameters."
        raise ApiError(400, "", message, type="idempotency_error")
    response = kept.response
    headers = {"Idempotent-Replayed": "true"}
    return Response(response.status, response.body, response.content_type, headers)


def _unknown(request: Request) -> ApiError:
    return missing("URL", f"{request.method} {request.path}")
