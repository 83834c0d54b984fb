"""The API described: OpenAPI 3.1, and a page to read and try it that needs no other host."""

from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from litestar import Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

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


_TEXT, _NUMBER = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
_PROBLEM_SCHEMAS = {
    "FieldProblem": Schema(
        type=OpenAPIType.OBJECT,
        properties={"pointer": _TEXT, "detail": _TEXT},
        required=["pointer", "detail"],
    ),
    "Problem": Schema(
        type=OpenAPIType.OBJECT,
        properties={
            "type": _TEXT,
            "title": _TEXT,
            "status": _NUMBER,
            "detail": _TEXT,
            "code": _TEXT,
            "errors": Schema(
                type=OpenAPIType.ARRAY, items=Reference("#/components/schemas/FieldProblem")
            ),
            "instance": _TEXT,
        },
        required=["type", "title", "status", "detail", "code"],
        description="What went wrong, by RFC 9457. ``code`` never changes its meaning.",
    ),
}


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
        render_plugins=[OfflinePage(), JsonRenderPlugin()],
        openapi_router=Router(
            "/schema",
            route_handlers=[get_asset],
            include_in_schema=False,
            opt={"access": Access.EVERYONE},
            response_headers={"Content-Security-Policy": PAGE_POLICY},
        ),
    )


def complete_openapi(document: OpenAPI) -> None:
    """Say what the framework leaves out: our problems, and that unknown fields are refused."""
    schemas = document.components.schemas or {}
    schemas.update(_PROBLEM_SCHEMAS)
    document.components.schemas = schemas
    for body in _descendants(Body):
        schema = schemas.get(body.__name__)
        if isinstance(schema, Schema):
            schema.additional_properties = False
    for item in (document.paths or {}).values():
        for method in ("get", "post", "put", "patch", "delete"):
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                _answer_problems(operation)


def _answer_problems(operation: Operation) -> None:
    responses = operation.responses or {}
    responses.pop("400", None)
    responses["default"] = OpenAPIResponse(
        description="A problem: RFC 9457 with a stable code.",
        content={PROBLEM_JSON: OpenAPIMediaType(schema=Reference("#/components/schemas/Problem"))},
    )
    operation.responses = responses


def _descendants(base: type[Body]) -> Iterator[type[Body]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


@cache
def _asset(name: str) -> bytes:
    return files("billing_kernel.http").joinpath("assets", "swagger-ui", name).read_bytes()
