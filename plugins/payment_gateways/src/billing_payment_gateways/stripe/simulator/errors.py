"""Stripe's error objects."""

from typing import Any


class ApiError(Exception):
    """An error answer. ``executed`` says that work had begun, so that a key keeps the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        type: str = "invalid_request_error",
        executed: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error = {"type": type, "code": code, "message": message, **more}


def missing(kind: str, object_id: str, param: str = "id") -> ApiError:
    return ApiError(404, "resource_missing", f"No such {kind}: '{object_id}'", param=param)


def invalid(code: str, message: str, param: str = "") -> ApiError:
    return ApiError(400, code, message, param=param)
