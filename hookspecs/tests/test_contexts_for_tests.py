"""Contexts for tests behave as the kernel's do: bound to a host, with a masked log."""

import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from billing_hookspecs import Secret
from billing_hookspecs.testing import FaultProxy, make_context

SETTINGS = {"url": "http://127.0.0.1:9/panel/", "password": Secret("pa55-word"), "shop": "7"}


def test_a_context_takes_its_address_from_the_settings() -> None:
    """As the kernel binds it: from url or api_base."""
    assert make_context(SETTINGS).http.base_url == "http://127.0.0.1:9/panel/"
    assert (
        make_context({"api_base": "https://pay.example.com"}).http.base_url.host
        == "pay.example.com"
    )
    assert make_context(SETTINGS, "http://127.0.0.1:10").http.base_url.port == 10


def test_a_driver_that_asks_another_host_fails() -> None:
    """In production the request would be refused; better to learn it in the author's tests."""
    with pytest.raises(AssertionError, match=r"asked 'evil\.example\.com'"):
        make_context(SETTINGS).http.get("http://evil.example.com/")


def test_without_an_address_the_network_is_closed() -> None:
    """A driver that has nothing to ask must not ask."""
    context = make_context({})
    with pytest.raises(httpx.ConnectError):
        context.http.get("anything")


def test_the_log_masks_secrets_in_messages_and_tracebacks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The longer secret goes first: one may be a part of the other."""
    context = make_context({"a": Secret("canary"), "b": Secret("canary-bird"), "shop": "7"})
    with caplog.at_level(logging.DEBUG):
        context.log.info("logging in with %s and %s", "canary", {"key": "canary-bird"})
        try:
            raise ValueError("not canary-bird")
        except ValueError:
            context.log.exception("shop 7 failed")
    assert "canary" not in caplog.text
    assert "bird" not in caplog.text
    assert "logging in with *** and {'key': '***'}" in caplog.text
    assert "ValueError: not ***" in caplog.text
    assert "shop 7 failed" in caplog.text


def test_a_context_without_secrets_logs_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """An empty secret must not mask everything."""
    with caplog.at_level(logging.INFO):
        make_context({"password": Secret("")}).log.info("hello")
    assert caplog.messages == ["hello"]


def test_a_context_never_shows_its_settings() -> None:
    """It ends up in tracebacks as a whole."""
    shown = repr(make_context({**SETTINGS, "login": "a-login"}, operation_id="operation-x"))
    assert "operation-x" in shown
    assert "a-login" not in shown


def test_a_context_counts_down_to_its_deadline() -> None:
    """A driver that polls must know when to stop; a passed deadline leaves nothing."""
    later = make_context(SETTINGS, deadline=datetime.now(UTC) + timedelta(hours=1))
    assert 0 < later.seconds_left <= 3600
    assert make_context(SETTINGS, deadline=datetime.now(UTC)).seconds_left == 0
    assert make_context(SETTINGS, attempt=3, language="ru").attempt == 3


def test_connections_are_closed_after_each_answer() -> None:
    """Tests that leave sockets behind fail where warnings are errors."""
    with FaultProxy("http://127.0.0.1:9/") as proxy:
        answer = make_context({"url": proxy.url}).http.get("x")
    assert answer.status_code == 502
