"""Secrets stay out of logs by value, wherever in a record they stand."""

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest

from billing_hookspecs import Secret
from billing_kernel.extensions.masking import MaskingLogger, SecretMask

SECRET = 'p"ss wörd&'


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler at the root writes, formatted as handlers do."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.fixture
def log() -> MaskingLogger:
    return MaskingLogger("billing.driver", SecretMask([Secret(SECRET), "short"]))


def test_messages_and_arguments_are_masked(log: MaskingLogger, written: io.StringIO) -> None:
    """A driver's author logs what was sent; the password is in it."""
    log.error(f"sent {SECRET}")
    log.error("sent %s and %r in %s", SECRET, SECRET, {"password": SECRET})

    assert written.getvalue() == (
        "ERROR billing.driver sent ***\n"
        "ERROR billing.driver sent *** and '***' in {'password': '***'}\n"
    )


def test_a_secret_is_recognised_as_urls_spell_it(log: MaskingLogger, written: io.StringIO) -> None:
    """Some upstreams are logged in to by address."""
    log.error("GET /?password=%s", quote_plus(SECRET))

    assert written.getvalue() == "ERROR billing.driver GET /?password=***\n"


def test_exceptions_are_masked_with_their_causes(log: MaskingLogger, written: io.StringIO) -> None:
    """Libraries put whole requests into their exceptions."""
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise RuntimeError(f"login with {SECRET} failed") from error
    except RuntimeError:
        log.exception("failed")

    text = written.getvalue()
    assert "ValueError: ***" in text
    assert "RuntimeError: login with *** failed" in text
    assert SECRET not in text.replace(f'"{SECRET}"', "")
    assert "Traceback" in text


def test_a_child_logger_masks_too(log: MaskingLogger, written: io.StringIO) -> None:
    """Libraries ask for loggers of their own."""
    log.getChild("wire").error("short")

    assert written.getvalue() == "ERROR billing.driver.wire ***\n"


def test_extra_fields_are_masked(log: MaskingLogger, caplog: pytest.LogCaptureFixture) -> None:
    """Structured logs carry fields beside the message."""
    log.error("asked", extra={"query": {"password": [SECRET, 7]}, "tries": 2})

    record = caplog.records[-1]
    assert vars(record)["query"] == {"password": ["***", 7]}
    assert vars(record)["tries"] == 2


def test_a_message_that_does_not_fit_its_arguments_is_still_masked(
    log: MaskingLogger, written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """logging prints such arguments to the console, where nothing would mask them."""
    log.error("%s and %s", SECRET)

    assert written.getvalue() == ("ERROR billing.driver %s and %s (its arguments don't fit it)\n")
    assert SECRET not in capsys.readouterr().err


def test_the_longest_secret_is_masked_first() -> None:
    """Else the rest of a secret that begins with another would be left in sight."""
    assert SecretMask(["abc", "abcdef"]).text("abcdef abc") == "*** ***"


def test_levels_follow_the_named_logger(log: MaskingLogger, written: io.StringIO) -> None:
    """An operator turns drivers up and down by the logger's name."""
    named = logging.getLogger("billing.driver")
    named.setLevel(logging.CRITICAL)
    try:
        log.error("not now")
    finally:
        named.setLevel(logging.NOTSET)

    assert written.getvalue() == ""


def test_the_http_libraries_do_not_log_addresses() -> None:
    """httpx logs every address in full, and credentials may be part of one."""
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore").isEnabledFor(logging.DEBUG)
