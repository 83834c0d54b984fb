"""What all shapes are made of."""

from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import UNSET, Meta, Struct

from billing_hookspecs import Money, minor_units

ID_MAX = 2**63 - 1
AMOUNT_MAX = 10**15

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_NO_NULL = r"^[^\x00]*$"

RowId: TypeAlias = Annotated[int, Meta(ge=1, le=ID_MAX)]
Sort: TypeAlias = Annotated[int, Meta(ge=1, le=10**6)]
Months: TypeAlias = Annotated[int, Meta(ge=0, le=120)]
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255, pattern=ONE_LINE)]
OptionalLine: TypeAlias = Annotated[str, Meta(max_length=255, pattern=ONE_LINE)]
Text: TypeAlias = Annotated[str, Meta(max_length=20_000, pattern=_NO_NULL)]
LinkText: TypeAlias = Annotated[str, Meta(max_length=255, pattern=r"^(https?://[^\s\x00-\x1f]+)?$")]
Phone: TypeAlias = Annotated[str, Meta(max_length=32, pattern=r"^(\+?[0-9][0-9 ()-]*)?$")]
CountryCode: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$", examples=["DE"])]
CurrencyCode: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
LanguageCode: TypeAlias = Annotated[
    str, Meta(max_length=8, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", examples=["en"])
]
Localised: TypeAlias = Annotated[dict[LanguageCode, OptionalLine], Meta(max_length=50)]
LocalisedText: TypeAlias = Annotated[dict[LanguageCode, Text], Meta(max_length=50)]
FieldName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=ONE_LINE)]
Password: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1000)]
Scalar: TypeAlias = (
    Annotated[str, Meta(max_length=20_000, pattern=_NO_NULL)]
    | Annotated[int, Meta(ge=-ID_MAX, le=ID_MAX)]
    | bool
    | None
)
Fields: TypeAlias = Annotated[dict[FieldName, Scalar], Meta(max_length=100)]
"""Answers to a form that a plugin describes; the application checks them by that form."""


class Body(Struct, forbid_unknown_fields=True):
    """Base of what callers send; an unknown field is an error.

    ``EXAMPLE`` is shown in the description of the API.
    """

    EXAMPLE: ClassVar[dict[str, Any] | None] = None


class Answer(Struct):
    """Base of what we answer."""


class Amount(Body):
    """An amount in minor units of a currency of ISO 4217."""

    amount_minor: Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX, examples=[129900])]
    currency: CurrencyCode

    def money(self) -> Money:
        """The amount as the domain knows it; UnknownCurrencyError for a made-up code."""
        minor_units(self.currency)
        return Money(self.amount_minor, self.currency)


def given(body: Body) -> dict[str, Any]:
    """The fields of a change that were sent at all."""
    pairs = ((name, getattr(body, name)) for name in body.__struct_fields__)
    return {name: value for name, value in pairs if value is not UNSET}


def money_or_none(amount_minor: int | None, currency: str | None) -> Money | None:
    if amount_minor is None or currency is None:
        return None
    return Money(amount_minor, currency)
