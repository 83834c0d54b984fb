"""Texts of messages: their places are filled, and nothing else can be made of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_kernel.domain.filling import (
    FILLED_MAX,
    VALUE_MAX,
    UnfillableTextError,
    fill,
    objection,
)
from billing_kernel.domain.message_texts import STANDARD
from billing_kernel.domain.messages import OCCASIONS, is_told, language_of, one_line

MACROS = ("client.name", "service.name", "upstream.*")
VALUES = {"client": {"name": "Ann"}, "service": {"name": ""}, "upstream": {"ip": "192.0.2.1"}}

ATTACKS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ client.__class__ }}",
    "{{ client.name.__class__ }}",
    "{{ client.name.format.__globals__ }}",
    "{{ client['name'] }}",
    "{{ client.name['__class__'] }}",
    "{{ client }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ config }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum() }}",
    "{{ client.name() }}",
    "{{ client.name.upper() }}",
    "{{ '{0.__class__}'.format(client) }}",
    "{{ client|attr('__class__') }}",
    "{{ client.name|map('upper')|list }}",
    "{{ client.name|replace('n', 'x' * 999999999) }}",
    "{{ client.name|center(10000000000) }}",
    "{{ 'x' * 10 ** 12 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 1 + 1 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{% for a in range(99999999) %}x{% endfor %}",
    "{% set x = client %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'secrets' %}",
    "{% import 'os' as os %}",
    "{% extends client.name %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with x = 1 %}{% endwith %}",
    "{% if client.name is defined %}x{% endif %}",
    "{{ upstream.__class__ }}",
    "{{ upstream._values }}",
    "{{ upstream.ip.__class__ }}",
    "{{ provider.secret }}",
    "{{ open",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "9" * 6000 + " }}",
    "{% if client.name %}" * 300 + "{% endif %}" * 300,
]


@pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_but_places_conditions_and_filters_is_understood(text: str) -> None:
    """Whoever may write a text must not get to run code, or to make a worker hang."""
    assert objection(text, MACROS)
    with pytest.raises(UnfillableTextError):
        fill(text, MACROS, VALUES)


def test_an_unknown_macro_is_named() -> None:
    """A misspelt place would be empty in every message."""
    assert objection("{{ client.surname }}", MACROS) == "has the unknown macro client.surname"
    assert "has the unknown filter pprint" in str(objection("{{ client.name|pprint }}", MACROS))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {{ client.name }}!", "Hello Ann!"),
        ("{{ client.name|upper }} {{ service.name|default('nothing', true) }}", "ANN nothing"),
        ("{% if service.name %}a{% elif client.name == 'Ann' %}b{% else %}c{% endif %}", "b"),
        ("{{ 'yes' if client.name and not service.name else 'no' }}", "yes"),
        ("{{ upstream.ip }}{{ upstream.items }}{{ upstream.keys }}", "192.0.2.1"),
        ("<b>{{ client.name }}</b> {# a note #}", "<b>Ann</b> "),
    ],
)
def test_places_are_filled(text: str, filled: str) -> None:
    """What isn't there is empty, and a group's name of a method is a place like any other."""
    assert fill(text, MACROS, VALUES) == filled


@settings(max_examples=30)
@given(st.text(max_size=50))
def test_values_are_put_in_once_and_not_looked_into(value: str) -> None:
    """A client called ``{{ provider.name }}`` is called that."""
    assert fill("{{ client.name }}", MACROS, {"client": {"name": value}}) == value
    hostile = "{{ upstream.ip }}" + value
    assert fill("{{ client.name }}", MACROS, {"client": {"name": hostile}}) == hostile


def test_a_filled_text_is_bounded() -> None:
    """A name of a megabyte a thousand times over is a gigabyte."""
    long = {"client": {"name": "n" * 10**6}}
    assert len(fill("{{ client.name }}", MACROS, long)) == VALUE_MAX
    assert len(fill("{{ client.name }}" * 900, MACROS, long)) == FILLED_MAX


@pytest.mark.parametrize("key", OCCASIONS)
def test_every_occasion_has_a_standard_text_that_can_be_filled_in(key: str) -> None:
    """In English and in Russian, with macros of this occasion only."""
    texts, occasion = STANDARD[key], OCCASIONS[key]
    for part in (texts.subject, texts.body):
        assert set(part) == {"en", "ru"}
        assert [objection(text, occasion.macros) for text in part.values()] == [None, None]
    groups: dict[str, dict[str, str]] = {}
    for macro in occasion.macros:
        group, _, name = macro.partition(".")
        groups.setdefault(group, {})[name] = f"<{macro}>"
    for language in ("en", "ru"):
        assert "<" in one_line(fill(texts.subject[language], occasion.macros, groups))
    assert is_told(occasion.event)
    assert set(STANDARD) == set(OCCASIONS)


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("Ready\r\nBcc: all@client.test", "Ready Bcc: all@client.test"),
        ("a\x00b\x85c\u2028d\x1b[0m", "a b c d [0m"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_subject_is_one_line(subject: str, line: str) -> None:
    """A line break in a header begins another header."""
    assert one_line(subject) == line


@pytest.mark.parametrize(
    ("wanted", "language"), [("ru", "ru"), ("ru-RU", "ru"), ("fr", "de"), ("", "de")]
)
def test_a_text_is_chosen_by_the_readers_language(wanted: str, language: str) -> None:
    """Then by the provider's, then English, then whatever there is."""
    assert language_of({"en": "a", "ru": "b", "de": "c"}, wanted, "de") == language
    assert language_of({"uk": "a", "de": " "}, wanted, "de") == "uk"
