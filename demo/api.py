"""A caller of the HTTP API that shows what it asks and what it is answered."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

SECRETS = {"password", "password_confirmation", "token"}
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def show(text: str, colour: int = 0) -> None:
    print(f"\x1b[{colour}m{text}\x1b[0m" if COLOURS and colour else text, flush=True)


def heading(text: str) -> None:
    show(f"\n== {text}", 1)


class Api:
    """One person's calls; shows each request, masked."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self._client = httpx.Client(base_url=f"{address}/api/v1", timeout=30)

    def log_in_with(self, token: str) -> None:
        self._client.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of the answer; stops the demo with the problem if it isn't a success."""
        shown = f" {json.dumps(_masked(body), ensure_ascii=False)}" if body is not None else ""
        show(f"  {self.name}: {method} /api/v1{path}{shown}", 36)
        answer = self._client.request(method, path, json=body, headers=headers)
        if answer.status_code >= 400:
            show(f"    → {answer.status_code} {answer.text}", 31)
            raise SystemExit(1)
        show(f"    → {answer.status_code}", 32)
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def wait_for(self, path: str, ready: Callable[[Any], bool], seconds: float = 45) -> Any:
        """Ask again, quietly, until ``ready`` says so; the last answer either way."""
        ends_at = time.monotonic() + seconds
        show(f"  {self.name}: GET /api/v1{path} until it is done", 36)
        while True:
            found = self._client.get(path).raise_for_status().json()
            if ready(found) or time.monotonic() > ends_at:
                show("    → 200", 32)
                return found
            time.sleep(0.25)


def money(amount: dict[str, Any]) -> str:
    minor = amount["amount_minor"]
    return (
        f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d} {amount['currency']}"
    )


def _masked(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {key: "***" if key in SECRETS else _masked(value) for key, value in body.items()}
