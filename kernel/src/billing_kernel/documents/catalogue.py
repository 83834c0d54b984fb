"""The words of documents, one TOML file a language."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

FALLBACK: Final = "en"
_FOLDER: Final = files(__package__) / "texts"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that documents say in one language.

    ``phrases`` translates texts that were stored in English; ``{}`` in a key stands for what
    is taken over as it is. Tables with ``default`` are asked with a country.
    """

    language: str
    locale: str
    period_format: str
    titles: Mapping[str, str]
    labels: Mapping[str, str]
    tax: Mapping[str, Mapping[str, str]]
    tax_id: Mapping[str, str]
    registration_code: Mapping[str, str]
    vat_number: Mapping[str, str]
    line_kinds: Mapping[str, str]
    phrases: Mapping[str, str]

    def label(self, name: str, **values: str) -> str:
        """A label with its ``{places}`` filled; values are put in once and not looked into."""
        return self.labels[name].format_map(values)

    def phrase(self, text: str) -> str:
        """A stored English text in this language, or as it is."""
        if text in self.phrases:
            return self.phrases[text]
        for pattern, translation in self.phrases.items():
            before, placed, after = pattern.partition("{}")
            if placed and text.startswith(before) and text.endswith(after):
                return translation.replace("{}", text[len(before) : len(text) - len(after)])
        return text


@cache
def languages() -> tuple[str, ...]:
    """The languages that documents are written in."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name[: -len(".toml")] for name in names if name.endswith(".toml")))


def catalogue_for(language: str) -> Catalogue:
    """The catalogue of a language such as ``ru`` or ``ru-RU``; English where there is none."""
    short = language.replace("_", "-").partition("-")[0].lower()
    return _read(short if short in languages() else FALLBACK)


@cache
def _read(language: str) -> Catalogue:
    tables = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Catalogue(language=language, **tables)
