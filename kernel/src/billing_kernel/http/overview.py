"""All operations of the API on one page, made from `billing openapi`."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

HEAD = """\
# HTTP API

Every operation, made from the API's own description: `billing openapi | python -m
billing_kernel.http.overview`. The full description, with all fields, is served as OpenAPI 3.1 at
`/schema/openapi.json`, and as a page at `/schema` that needs no other host. What goes wrong is in
[Errors](errors.md).
"""

Document = Mapping[str, Any]


def overview(document: Document) -> str:
    """The document's operations as Markdown, grouped by their tags."""
    groups: dict[str, list[str]] = {}
    for tag, row in _rows(document):
        groups.setdefault(tag, []).append(row)
    parts = [HEAD]
    for tag, rows in groups.items():
        parts += [f"## {tag}\n", "| | Who | What | Operation |", "|---|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _rows(document: Document) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            summary = operation["description"].split("\n\n")[0].replace("\n", " ")
            yield (
                operation["tags"][0],
                f"| `{method.upper()} {path}` | {_who(path, operation)} | {summary} "
                f"| `{operation['operationId']}` |",
            )


def _who(path: str, operation: Document) -> str:
    security = operation.get("security") or []
    if not security or {} in security:
        return "everyone"
    if "/admin/" in path:
        allowed = {role for scheme in security for role in scheme["token"]}
        if "employee" in allowed:
            return "administrators, employees"
        return ", ".join(["administrators", *(f"right `{right}`" for right in sorted(allowed))])
    return "anybody logged in" if "/sessions/" in path else "clients"


if __name__ == "__main__":
    sys.stdout.write(overview(json.load(sys.stdin)))
