"""Enumerations and their values."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import enumerating
from billing_kernel.application.finding import find
from billing_kernel.application.supplementing import values_of
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page, page_of_items
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.enumerations import (
    ChangeEnumeration,
    ChangeEnumerationValue,
    CreateEnumeration,
    CreateEnumerationValue,
    Enumeration,
    EnumerationValue,
)

PATH, ONE = "/enumerations", "/enumerations/{enumeration_id:int}"
VALUES, VALUE = f"{ONE}/values", f"{ONE}/values/{{value_id:int}}"
TAGS = ["Administration: enumerations"]


@get(PATH, operation_id="adminListEnumerations", tags=TAGS, sync_to_thread=True)
def list_enumerations(kernel: GivenKernel, paging: GivenPaging) -> Page[Enumeration]:
    """Every enumeration."""
    return rows.listed(kernel, models.Enumeration, paging, Enumeration.of)


@post(PATH, operation_id="adminCreateEnumeration", tags=TAGS, sync_to_thread=True)
def create_enumeration(once: GivenOnce, data: JSONBody[CreateEnumeration]) -> Response[Enumeration]:
    """Create an enumeration, still without values."""
    return rows.created(once, models.Enumeration, data, Enumeration.of)


@get(ONE, operation_id="adminGetEnumeration", tags=TAGS, sync_to_thread=True)
def get_enumeration(kernel: GivenKernel, enumeration_id: FromPath[int]) -> Enumeration:
    """One enumeration."""
    return rows.shown(kernel, models.Enumeration, enumeration_id, Enumeration.of)


@patch(ONE, operation_id="adminChangeEnumeration", tags=TAGS, sync_to_thread=True)
def change_enumeration(
    kernel: GivenKernel, enumeration_id: FromPath[int], data: JSONBody[ChangeEnumeration]
) -> Enumeration:
    """Change an enumeration; what is left out stays."""
    return rows.changed(kernel, models.Enumeration, enumeration_id, data, Enumeration.of)


@delete(ONE, operation_id="adminDeleteEnumeration", tags=TAGS, sync_to_thread=True)
def delete_enumeration(kernel: GivenKernel, enumeration_id: FromPath[int]) -> None:
    """Delete an enumeration with its values; 409 names the tariff plans that offer it."""
    kernel.database.run(lambda session: enumerating.delete_enumeration(session, enumeration_id))


@get(VALUES, operation_id="adminListEnumerationValues", tags=TAGS, sync_to_thread=True)
def list_values(
    kernel: GivenKernel, paging: GivenPaging, enumeration_id: FromPath[int]
) -> Page[EnumerationValue]:
    """The values of an enumeration, lowest sort number first."""
    with kernel.database.reading() as session:
        find(session, models.Enumeration, enumeration_id)
        values = list(values_of(session, enumeration_id).values())
    return page_of_items(
        values, paging, key=lambda value: (value.sort, value.id), shape=EnumerationValue.of
    )


@post(VALUES, operation_id="adminCreateEnumerationValue", tags=TAGS, sync_to_thread=True)
def create_value(
    once: GivenOnce, enumeration_id: FromPath[int], data: JSONBody[CreateEnumerationValue]
) -> Response[EnumerationValue]:
    """Add a value; tariff plans offer it once their addons price it."""
    columns = msgspec.structs.asdict(data)
    return once.answer(
        lambda session: EnumerationValue.of(
            enumerating.create_value(session, enumeration_id, columns)
        )
    )


@get(VALUE, operation_id="adminGetEnumerationValue", tags=TAGS, sync_to_thread=True)
def get_value(
    kernel: GivenKernel, enumeration_id: FromPath[int], value_id: FromPath[int]
) -> EnumerationValue:
    """One value."""
    with kernel.database.reading() as session:
        row = find(session, models.EnumerationValue, value_id, enumeration_id=enumeration_id)
        return EnumerationValue.of(row)


@patch(VALUE, operation_id="adminChangeEnumerationValue", tags=TAGS, sync_to_thread=True)
def change_value(
    kernel: GivenKernel,
    enumeration_id: FromPath[int],
    value_id: FromPath[int],
    data: JSONBody[ChangeEnumerationValue],
) -> EnumerationValue:
    """Change a value; sold services keep the internal name that they were sold with."""
    columns = given(data)
    return kernel.database.run(
        lambda session: EnumerationValue.of(
            enumerating.change_value(session, enumeration_id, value_id, columns)
        )
    )


@delete(VALUE, operation_id="adminDeleteEnumerationValue", tags=TAGS, sync_to_thread=True)
def delete_value(
    kernel: GivenKernel, enumeration_id: FromPath[int], value_id: FromPath[int]
) -> None:
    """Delete a value; 409 names the tariff plans that offer it."""
    kernel.database.run(lambda session: enumerating.delete_value(session, enumeration_id, value_id))


HANDLERS = [
    list_enumerations,
    create_enumeration,
    get_enumeration,
    change_enumeration,
    delete_enumeration,
    list_values,
    create_value,
    get_value,
    change_value,
    delete_value,
]
