"""Values are immutable and never print a secret by accident."""

import copy
import json
import pickle
from typing import Any

import pytest

from billing_hookspecs import ChangePassword, Done, Secret, StoredMethod, text_in
from billing_hookspecs.testing import sample_service
from billing_hookspecs.values import FrozenDict, freeze


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.update(ip="203.0.113.1"),
        lambda facts: facts.__setitem__("ip", "203.0.113.1"),
        lambda facts: facts.__delitem__("ip"),
        lambda facts: facts.__ior__({"ip": "203.0.113.1"}),
        lambda facts: facts.setdefault("login", "root"),
        lambda facts: facts.pop("ip"),
        lambda facts: facts.popitem(),
        lambda facts: facts.clear(),
    ],
)
def test_what_a_plugin_was_handed_stays_what_it_was(change: Any) -> None:
    """One driver must not change what the next one is told."""
    done = Done("1", {"ip": "192.0.2.1"})
    with pytest.raises(TypeError, match="immutable"):
        change(done.facts)
    assert done.facts == {"ip": "192.0.2.1"}


def test_freezing_reaches_what_is_inside() -> None:
    """A list in a fact could be changed from afar."""
    given = {"disks": [{"gib": 20}, {"gib": 40}]}
    done = Done("1", given)
    given["disks"].append({"gib": 80})
    assert done.facts == {"disks": ({"gib": 20}, {"gib": 40})}
    assert isinstance(done.facts["disks"][0], FrozenDict)


def test_freezing_what_is_frozen_changes_nothing() -> None:
    """Values are handed on many times; they must not be copied each time."""
    frozen = freeze({"a": (1, 2)})
    assert freeze(frozen) is frozen
    assert freeze("text") == "text"


def test_values_can_be_compared_hashed_copied_and_sent() -> None:
    """A call may move to another process without a change for its author."""
    one, other = Done("1", {"a": [1], "b": {"c": 2}}), Done("1", {"b": {"c": 2}, "a": (1,)})
    assert one == other
    assert hash(one) == hash(other)
    assert copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
    assert json.loads(json.dumps(one.facts)) == {"a": [1], "b": {"c": 2}}


def test_a_secret_is_the_string_but_is_never_shown() -> None:
    """It can be sent, and it can't be printed by accident."""
    secret = Secret("hunter2")
    assert secret == "hunter2"
    assert json.dumps({"password": secret}) == '{"password": "hunter2"}'
    for shown in (repr(secret), repr([secret]), f"{secret!r}", "%r" % secret):  # noqa: UP031
        assert "hunter2" not in shown
        assert "***" in shown


def test_values_that_carry_secrets_leave_them_out_of_their_repr() -> None:
    """Values end up in tracebacks and logs as a whole."""
    for value in (
        ChangePassword(sample_service(), Secret("hunter2")),
        StoredMethod(Secret("hunter2"), "Visa 4242"),
    ):
        assert "hunter2" not in repr(value)


@pytest.mark.parametrize(
    ("language", "expected"), [("ru", "Сервер"), ("de", "Server"), ("en", "Server")]
)
def test_a_text_falls_back_to_english(language: str, expected: str) -> None:
    """Half a translation is better than none."""
    assert text_in({"en": "Server", "ru": "Сервер"}, language) == expected


def test_a_text_falls_back_to_what_there_is() -> None:
    """A plugin written in one language must still show something."""
    assert text_in({"ru": "Сервер"}, "de") == "Сервер"
    assert text_in({}, "de") == ""
