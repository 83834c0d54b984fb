"""Enumerations and their values."""

from collections.abc import Mapping
from typing import Self

from msgspec import UNSET, UnsetType

from billing_kernel import models
from billing_kernel.http.shapes.base import Answer, Body, Line, Localised, Sort


class CreateEnumeration(Body):
    """Values that clients choose among, such as control panels."""

    EXAMPLE = {"name": {"en": "Server Control Panel", "de": "Verwaltungsoberfläche"}}

    name: Localised


class ChangeEnumeration(Body):
    """What is to be another; what is left out stays."""

    name: Localised | UnsetType = UNSET


class Enumeration(Answer):
    """Values that clients choose among."""

    id: int
    name: Mapping[str, str]

    @classmethod
    def of(cls, row: models.Enumeration) -> Self:
        return cls(id=row.id, name=row.name)


class CreateEnumerationValue(Body):
    """One choice; ``internal_name`` is what drivers are told, such as a licence's tariff code."""

    EXAMPLE = {"name": {"en": "Lite"}, "internal_name": "55227", "sort": 1}

    name: Localised
    internal_name: Line
    sort: Sort = 1


class ChangeEnumerationValue(Body):
    """What is to be another; tariff plans that offer the value get a version with its names."""

    name: Localised | UnsetType = UNSET
    internal_name: Line | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET


class EnumerationValue(Answer):
    """One choice of an enumeration."""

    id: int
    enumeration_id: int
    name: Mapping[str, str]
    internal_name: str
    sort: int

    @classmethod
    def of(cls, row: models.EnumerationValue) -> Self:
        return cls(
            id=row.id,
            enumeration_id=row.enumeration_id,
            name=row.name,
            internal_name=row.internal_name,
            sort=row.sort,
        )
