"""Keeping secrets out of logs and error texts, by value."""

import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from billing_hookspecs import BillingError, Context, Secret

MASK = "***"
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def secrets_in(value: Any) -> Iterator[str]:
    """Every secret inside a value, a request or a context."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Context):
        yield from secrets_in(value.settings)
    elif isinstance(value, Mapping):
        yield from secrets_in(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from secrets_in(getattr(value, field.name))


class SecretMask:
    """Replaces secrets in text, also as URLs and JSON spell them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        for secret in filter(None, secrets):
            text = str(secret)
            self._spellings |= {
                text,
                quote(text, safe=""),
                quote_plus(text),
                json.dumps(text)[1:-1],
                repr(text)[1:-1],
            }
        if self._spellings:
            # The longest first: one secret may be the beginning of another.
            spellings = sorted(self._spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, spellings)))

    def text(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """The value with secrets masked in every string inside; what is no plain value as text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return self.text(str(value))

    def error(self, error: BillingError) -> None:
        """Mask the texts that an error of the contract carries."""
        error.args = tuple(self.value(argument) for argument in error.args)
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, self.text(value))


class MaskingLogger(logging.Logger):
    """A logger of its own under ``name``, masked before any handler sees a record.

    It isn't registered with ``logging``: each call to a driver has one, with its own secrets.
    """

    def __init__(self, name: str, mask: SecretMask) -> None:
        super().__init__(name)
        self.parent = logging.getLogger(name)
        self.mask = mask

    def getChild(self, suffix: str) -> "MaskingLogger":
        return MaskingLogger(f"{self.name}.{suffix}", self.mask)

    def handle(self, record: logging.LogRecord) -> None:
        record.msg, record.args = self.mask.text(_message(record)), None
        if record.exc_info and record.exc_info[1]:
            # Handlers would format the exception themselves, so it goes on as masked text only.
            text = "".join(traceback.format_exception(record.exc_info[1]))
            record.exc_text = self.mask.text(text.rstrip("\n"))
        record.exc_info = None
        if record.stack_info:
            record.stack_info = self.mask.text(record.stack_info)
        for name in vars(record).keys() - _STANDARD_FIELDS:
            setattr(record, name, self.mask.value(getattr(record, name)))
        super().handle(record)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - logging prints the arguments of a message that doesn't fit
        return f"{record.msg} (its arguments don't fit it)"
