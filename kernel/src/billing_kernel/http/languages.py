"""Localised text in the language that a request asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from billing_hookspecs import text_in

TAGS_MAX = 20


@dataclass(frozen=True, slots=True)
class Languages:
    """Languages in the order in which somebody wants them."""

    wanted: tuple[str, ...] = ()

    def text(self, names: Mapping[str, str], default: str = "en") -> str:
        """The text in the first wanted language that it has, else in ``default``, else any."""
        known = {tag.lower(): text for tag, text in names.items() if text}
        for language in self.wanted:
            for tag in (language, language.partition("-")[0]):
                if tag in known:
                    return known[tag]
        return text_in(names, default)

    def best(self, default: str = "en") -> str:
        """The one language that is wanted most."""
        return self.wanted[0].partition("-")[0] if self.wanted else default


GivenLanguages: TypeAlias = NamedDependency[SkipValidation[Languages]]


def provide_languages(request: Request[Any, Any, Any]) -> Languages:
    """What the ``Accept-Language`` header asks for; nonsense in it is ignored."""
    return read_languages(request.headers.get("accept-language", ""))


def read_languages(header: str) -> Languages:
    weighed = []
    for part in header.split(",")[:TAGS_MAX]:
        tag, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        if tag and tag != "*" and weight > 0:
            weighed.append((weight, tag.strip().lower()))
    weighed.sort(key=lambda pair: -pair[0])
    return Languages(tuple(tag for _, tag in weighed))


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
