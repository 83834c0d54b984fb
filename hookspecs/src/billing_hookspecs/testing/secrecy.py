"""Listens to everything that a driver says, and looks for secrets in it."""

import io
import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import msgspec

from billing_hookspecs.values import Secret, Value

SECRET_LENGTH_MIN = 8


TALKATIVE = ("httpx", "httpcore")
"""Loggers that tell whole addresses."""


class Ear(logging.Handler):
    """Keeps whatever was logged, printed, raised or answered while it listened."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))

    def answer(self, value: object) -> None:
        """Hear what a call returned: its repr, and its facts as they are stored."""
        self.heard.append(repr(value))
        if isinstance(value, Value) and hasattr(value, "facts"):
            self.heard.append(msgspec.json.encode(value.facts).decode())

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Hear an exception with its causes, and go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  a driver may raise anything; all of it is heard
            self.heard += [repr(error), repr(vars(error)), *traceback.format_exception(error)]

    def assert_not_heard(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            for text in self.heard:
                assert secret not in text, f"a secret came out: {text.replace(secret, '[here]')}"


@contextmanager
def listening() -> Iterator[Ear]:
    """An ear at the root logger, standard output and standard error.

    Loggers that the process has made quiet speak up meanwhile: where the driver will run,
    nobody may have thought of that.
    """
    ear, printed, root = Ear(), io.StringIO(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in TALKATIVE)]
    levels = [logger.level for logger in loggers]
    root.addHandler(ear)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield ear
    finally:
        root.removeHandler(ear)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        ear.heard.append(printed.getvalue())


def secrets_of(settings: Mapping[str, Any]) -> list[str]:
    """The secrets among ``settings``; each must be long enough to be told from other text."""
    secrets = [str.__str__(value) for value in settings.values() if isinstance(value, Secret)]
    for secret in secrets:
        assert len(secret) >= SECRET_LENGTH_MIN, (
            f"give the simulator secrets of {SECRET_LENGTH_MIN} characters or more, "
            "or they can't be told from other text"
        )
    return secrets
