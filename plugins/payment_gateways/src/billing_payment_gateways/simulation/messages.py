"""A request and a response as the simulators see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from billing_payment_gateways.simulation.faults import Fault

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` in lower case; ``base_url`` is the address that the client used."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    base_url: str

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Pairs of the query string, in their order."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, document: Any, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(document, ensure_ascii=False).encode(), JSON, named)


class App(Protocol):
    """One simulated gateway."""

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The answer to a request of the API or of a payer; the work is done when it returns.

        ``fault`` is one that only the gateway itself can suffer: FAILS_INSIDE or CONFLICT.
        """
        ...

    def control(self, command: str, content: Mapping[str, Any]) -> Any:
        """Do what a test asks, such as ``POST pay``; LookupError for an unknown command."""
        ...

    def state(self) -> Any:
        """Everything that exists, as JSON."""
        ...

    def finished(self) -> None:
        """Called after an answer has left."""
        ...
