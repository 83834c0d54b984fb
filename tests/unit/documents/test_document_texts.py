"""The words of documents: complete in every language, and never mistaken for a template."""

import re

import pytest

from billing_kernel.documents.catalogue import FALLBACK, catalogue_for, languages
from billing_kernel.domain.policies.taxing import EXPORT, REVERSE_CHARGE

PLACES = re.compile(r"{\w*}")
TABLES = ("titles", "labels", "tax_id", "registration_code", "vat_number", "line_kinds")


def test_english_and_russian_are_there() -> None:
    assert set(languages()) >= {"en", "ru"}


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_words_and_places_of_english(language: str) -> None:
    """A missing word would be found by the first payer of that language, on an invoice."""
    words, english = catalogue_for(language), catalogue_for(FALLBACK)
    for table in TABLES:
        ours, theirs = getattr(words, table), getattr(english, table)
        assert set(ours) == set(theirs), table
        for name, text in ours.items():
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(theirs[name])), name
    assert {kind: set(table) for kind, table in words.tax.items()} == {
        kind: set(table) for kind, table in english.tax.items()
    }


@pytest.mark.parametrize("language", [each for each in languages() if each != FALLBACK])
@pytest.mark.parametrize("text", [REVERSE_CHARGE, EXPORT, "Advanced payment", "Setup of X"])
def test_what_the_kernel_writes_in_english_is_translated(language: str, text: str) -> None:
    """Invoices keep these texts in English; a payer reads them in their own language."""
    assert catalogue_for(language).phrase(text) != text


def test_what_stands_in_a_translated_phrase_is_taken_over_as_it_is() -> None:
    """The name of a product is not ours to translate, nor to look into."""
    russian = catalogue_for("ru")
    assert russian.phrase("Setup of {number} {} Сервер") == "Подключение: {number} {} Сервер"
    assert russian.phrase("Сервер «Setup of»") == "Сервер «Setup of»"


def test_values_with_braces_are_no_templates() -> None:
    """A company may be called what it likes."""
    words = catalogue_for("en")
    text = words.label("corrects", number="{date} {0.__class__}", date="{number}")
    assert text == "Corrects invoice {date} {0.__class__} of {number}"


@pytest.mark.parametrize(
    ("asked", "given"), [("ru", "ru"), ("ru-RU", "ru"), ("ru_RU", "ru"), ("RU", "ru"), ("de", "en"),
                         ("", "en"), ("../en", "en")],
)  # fmt: skip
def test_an_unknown_language_is_answered_in_english(asked: str, given: str) -> None:
    """An invoice in English is better than none."""
    assert catalogue_for(asked).language == given
