"""Whoever talks to the API in a test."""

from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Person:
    """Somebody at the API; ``done`` fails the test with the problem if there was one."""

    http: TestClient[Litestar]
    token: str = ""
    id: int = 0

    def send(self, method: str, path: str, json: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, PREFIX + path, json=json, headers=headers)

    def done(self, method: str, path: str, json: Any = None) -> Any:
        answer = self.send(method, path, json)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, json: Any, status: int, code: str) -> Any:
        """The problem of an answer with this status and code."""
        answer = self.send(method, path, json)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        assert answer.json()["code"] == code
        return answer.json()

    def every(self, path: str) -> list[Any]:
        """All items of a list."""
        return list(self.done("GET", f"{path}{'&' if '?' in path else '?'}limit=500")["items"])
