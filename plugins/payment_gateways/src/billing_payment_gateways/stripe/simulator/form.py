"""Form-encoded parameters with brackets, checked as strictly as the real API does it."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from billing_payment_gateways.stripe.simulator.errors import ApiError, invalid

INTEGER = re.compile(r"-?[0-9]{1,12}")
EXPAND = re.compile(r"expand\[[0-9]*\]")
METADATA_KEYS_MAX, METADATA_NAME_MAX, METADATA_VALUE_MAX = 50, 40, 500


class Form:
    """Parameters by dotted names: ``line_items[0][quantity]`` is ``line_items.0.quantity``.

    ``known`` names every parameter of the endpoint; ``*`` stands for an index or a metadata key.
    """

    def __init__(self, encoded: str, known: Iterable[str]) -> None:
        patterns = tuple(known)
        self._values: dict[str, str] = {}
        self.expand: list[str] = []
        for name, value in parse_qsl(encoded, keep_blank_values=True):
            if EXPAND.fullmatch(name):
                self.expand.append(value)
                continue
            parts = [part.rstrip("]") for part in name.split("[")]
            dotted = ".".join(parts)
            if not any(_fits(dotted, pattern) for pattern in patterns):
                raise invalid("parameter_unknown", f"Received unknown parameter: {name}", name)
            if dotted in self._values:
                raise invalid("parameter_invalid", f"Given twice: {name}", name)
            self._values[dotted] = value

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it is required. Empty strings are refused."""
        value = self._values.get(name, default)
        if value is None:
            raise invalid("parameter_missing", f"Missing required param: {name}.", name)
        if value == "" and name in self._values:
            raise invalid(
                "parameter_invalid_empty", f"You passed an empty string for {name}.", name
            )
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        text = self.text(name, None if default is None else str(default))
        if not INTEGER.fullmatch(text):
            raise invalid("parameter_invalid_integer", f"Invalid integer: {text}", name)
        return int(text)

    def flag(self, name: str, default: bool = False) -> bool:
        text = self.text(name, "true" if default else "false")
        if text not in ("true", "false"):
            raise invalid("parameter_invalid", f"Invalid boolean: {text}", name)
        return text == "true"

    def choice(self, name: str, allowed: Iterable[str], default: str | None = None) -> str:
        text = self.text(name, default)
        if text not in (*allowed, default):
            raise invalid("parameter_invalid", f"Invalid {name}: {text}", name)
        return text

    def url(self, name: str) -> str:
        text = self.text(name)
        if not re.match(r"https?://[^/\s]+", text):
            raise invalid("url_invalid", f"Not a valid URL: {name}", name)
        return text

    def metadata(self, prefix: str = "metadata") -> dict[str, str]:
        start = f"{prefix}."
        found = {
            name.removeprefix(start): value
            for name, value in self._values.items()
            if name.startswith(start)
        }
        names_fit = all(len(name) <= METADATA_NAME_MAX for name in found)
        values_fit = all(len(value) <= METADATA_VALUE_MAX for value in found.values())
        if len(found) > METADATA_KEYS_MAX or not names_fit or not values_fit:
            raise invalid("parameter_invalid", "Metadata is too long", prefix)
        return found

    def without(self, *names: str) -> None:
        """Refuse parameters that don't go with the others."""
        for name in names:
            if name in self._values:
                raise invalid("parameter_invalid", f"You can not pass {name} here.", name)


def _fits(dotted: str, pattern: str) -> bool:
    parts, wanted = dotted.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(
        part == want or (want == "*" and part != "")
        for part, want in zip(parts, wanted, strict=True)
    )


def currency_of(text: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", text):
        raise ApiError(400, "", f"Invalid currency: {text}", param="currency")
    return text
