"""The API of administrators, one resource a file."""

from typing import Any

HANDLERS: list[Any] = []
