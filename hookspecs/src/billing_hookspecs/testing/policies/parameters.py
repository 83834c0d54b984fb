"""Parameters that a policy's form accepts, made from the form itself."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from billing_hookspecs.errors import FieldError
from billing_hookspecs.fields import FieldKind, FormField, check_fields
from billing_hookspecs.pricing import PricingPolicy
from billing_hookspecs.values import Json

SETS: Final = 24
BOUND: Final = 10**6
"""How far generated numbers go where a field sets no bounds."""
OPTIONAL_LEFT_OUT: Final = 0.3

SAMPLES: Final[Mapping[FieldKind, tuple[str, ...]]] = {
    FieldKind.TEXT: ("DE FR", "x", "Ж"),
    FieldKind.SECRET: ("correct horse",),
    FieldKind.URL: ("https://example.com/",),
    FieldKind.IP_ADDRESS: ("192.0.2.1", "2001:db8::1"),
    FieldKind.DOMAIN: ("example.com",),
    FieldKind.EMAIL: ("ann@example.com",),
}


def sets_of_parameters(
    policy: PricingPolicy, currency: str, random: Random
) -> list[dict[str, Json]]:
    """What the form of ``policy`` accepts, defaults filled in: sparse, full, at the bounds."""
    found: list[dict[str, Json]] = []
    for number in range(SETS):
        given = {
            field.name: _value(field, currency, random)
            for field in policy.parameters
            if field.required or (number and random.random() > OPTIONAL_LEFT_OUT)
        }
        values, errors = check_fields(policy.parameters, given)
        assert not errors, f"made for {policy.key}, and not accepted: {errors}"
        if values not in found:
            found.append(values)
    return found


def complaints(policy: PricingPolicy, parameters: Mapping[str, Json]) -> Sequence[FieldError]:
    """What the policy itself says of parameters; an exception is a failure."""
    try:
        return tuple(policy.check_parameters(parameters))
    except Exception as error:
        raise AssertionError(
            f"{policy.key}.check_parameters({dict(parameters)}) raised {error!r}"
        ) from error


def _value(field: FormField, currency: str, random: Random) -> Any:
    match field.kind:
        case FieldKind.BOOLEAN:
            return random.random() < 0.5
        case FieldKind.CHOICE:
            return random.choice(field.choices).value
        case FieldKind.INTEGER:
            return _number(field, random)
        case FieldKind.DECIMAL:
            return _decimal(field, random)
        case FieldKind.MONEY:
            return {"amount_minor": _number(field, random), "currency": currency}
    return random.choice(SAMPLES[field.kind])[: field.length_max]


def _number(field: FormField, random: Random) -> int:
    least, most = _bounds(field)
    return random.choice((least, most, random.randint(least, most)))


def _decimal(field: FormField, random: Random) -> str:
    least, most = _bounds(field)
    whole = random.randint(least, most)
    return random.choice((str(least), str(most), f"{whole}.0", f"{max(least, whole - 1)}.500001"))


def _bounds(field: FormField) -> tuple[int, int]:
    least = field.minimum if field.minimum is not None else 0
    return least, field.maximum if field.maximum is not None else max(least, 0) + BOUND
