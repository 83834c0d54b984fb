"""Request bodies, decoded strictly: a number in quotes is not a number."""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request

from billing_hookspecs import BillingError, FieldError, InvalidInputError

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"^Object (?:contains unknown|missing required) field `(?P<name>.*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


class MalformedBodyError(BillingError):
    """The request's body is not JSON."""

    code = "request.malformed"


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded straight into what its handler declares.

    The framework would convert the parsed body leniently ("1" to 1, "yes" to true); amounts
    and switches must be what they seem.
    """

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        return decode_body(await self.body(), field.annotation)


def decode_body(raw: bytes, expected: Any) -> Any:
    """``raw`` as an ``expected``; raises InvalidInputError, MalformedBodyError."""
    try:
        return _decoder(expected).decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInputError([located(error)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBodyError(f"the body is not JSON that we read: {error}") from None


def located(error: msgspec.ValidationError) -> FieldError:
    """The decoder's complaint with a JSON pointer to the field that it is about."""
    match = _PLACE.match(str(error))
    what, path = (match["what"], match["path"] or "") if match else (str(error), "")
    pointer = "".join(f"/{step['name'] or step['index'] or '*'}" for step in _STEP.finditer(path))
    if named := _FIELD.match(what):
        detail = "is required" if "missing" in what else "is not a field of this request"
        return FieldError(f"{pointer}/{named['name']}", detail)
    return FieldError(pointer, what[:1].lower() + what[1:])


@cache
def _decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(expected)
