"""The API described: OpenAPI 3.1, and a page to read and try it that needs no other host."""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.serialization import encode_json

from billing_kernel.domain.errors import MissingError
from billing_kernel.http.auth import Access
from billing_kernel.http.problems import PROBLEM_JSON
from billing_kernel.http.shapes.base import Body

SECURITY: list[dict[str, list[str]]] = [{"token": []}]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'"
)
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "start.js": "text/javascript",
}
DESCRIPTION = """\
Money is integer minor units with a currency; instants are RFC 3339 in UTC; dates are the
provider's. Lists are pages: pass `next_cursor` on as `cursor`. Errors are RFC 9457 problems
with a stable `code`. Send `Idempotency-Key` with a POST that you may have to repeat.
Log in with `POST /api/v1/sessions` and send the token as `Authorization: Bearer`.
"""


_PAGE_OF = re.compile(r"\bPage_[\w.]+\.(\w+)_\b")
"""The framework's name of a generic component: module and class of what it is made of."""

_PROBLEM_SCHEMAS: dict[str, Any] = {
    "FieldProblem": {
        "type": "object",
        "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
        "required": ["pointer", "detail"],
    },
    "Problem": {
        "type": "object",
        "description": "What went wrong, by RFC 9457. `code` never changes its meaning.",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            "instance": {"type": "string"},
        },
        "required": ["type", "title", "status", "detail", "code"],
    },
}
_PROBLEM_RESPONSE = {
    "description": "A problem.",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class CompleteJson(JsonRenderPlugin):
    """The document as JSON, with what the framework leaves out."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return self.render_json(request, described(request.app))


class OfflinePage(OpenAPIRenderPlugin):
    """Swagger UI from this package; its policy forbids the browser to ask any other host."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        title = escape(openapi_schema["info"]["title"])
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="/schema/assets/swagger-ui.css"></head>'
            '<body><div id="swagger-ui"></div>'
            '<script src="/schema/assets/swagger-ui-bundle.js"></script>'
            '<script src="/schema/assets/start.js"></script></body></html>'
        ).encode()


@get("/assets/{name:str}", sync_to_thread=True)
def get_asset(name: FromPath[str]) -> Response[bytes]:
    """One of the page's files; they change only with the package."""
    if name not in ASSETS:
        raise MissingError(f"there is no file {name}")
    return Response(
        _asset(name), media_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"}
    )


def needing(role: str) -> list[dict[str, list[str]]]:
    """A login of an administrator, or of somebody with this role or right."""
    return [{"token": [role]}]


def openapi_config(version: str) -> OpenAPIConfig:
    """The description of the API and where it is served."""
    return OpenAPIConfig(
        title="Billing kernel",
        version=version,
        description=DESCRIPTION,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http", scheme="bearer", description="A token of POST /api/v1/sessions."
                )
            }
        ),
        render_plugins=[OfflinePage(), CompleteJson()],
        openapi_router=Router(
            "/schema",
            route_handlers=[get_asset],
            include_in_schema=False,
            opt={"access": Access.EVERYONE},
            response_headers={"Content-Security-Policy": PAGE_POLICY},
        ),
    )


def described(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of the API, made when it is first asked for.

    It says what the framework leaves out: our problems, and that unknown fields are refused.
    """
    state = app.state
    if "openapi" not in state:
        state.openapi = _completed(app.openapi_schema.to_schema())
    document: dict[str, Any] = state.openapi
    return document


def _completed(generated: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(
        _PAGE_OF.sub(r"\1Page", encode_json(generated).decode())
    )
    schemas = document["components"]["schemas"]
    schemas |= _PROBLEM_SCHEMAS
    for body in _descendants(Body):
        if body.__name__ in schemas:
            schemas[body.__name__]["additionalProperties"] = False
            if "EXAMPLE" in vars(body):
                schemas[body.__name__]["examples"] = [body.EXAMPLE]
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = _PROBLEM_RESPONSE
    return document


def _descendants(base: type[Body]) -> Iterator[type[Body]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


@cache
def _asset(name: str) -> bytes:
    return files("billing_kernel.http").joinpath("assets", "swagger-ui", name).read_bytes()
