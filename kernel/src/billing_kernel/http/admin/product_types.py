"""What tariff plans of a product type fall back to."""

from litestar import get, patch
from litestar.params import FromPath, JSONBody

from billing_kernel.application.defaulting import change_settings, settings_of
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.pagination import Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.product_types import (
    ChangeProductTypeSettings,
    ProductTypeSettings,
)

PATH, ONE = "/product-types", "/product-types/{key:str}"
TAGS = ["Administration: product types"]


@get(PATH, operation_id="adminListProductTypes", tags=TAGS, sync_to_thread=True)
def list_product_types(kernel: GivenKernel) -> Page[ProductTypeSettings]:
    """The settings of every installed product type; on one page."""
    with kernel.database.reading() as session:
        return Page(
            [
                ProductTypeSettings.of(settings_of(session, kernel, product_type.key))
                for product_type in kernel.extensions.product_types
            ]
        )


@get(ONE, operation_id="adminGetProductType", tags=TAGS, sync_to_thread=True)
def get_product_type(kernel: GivenKernel, key: FromPath[str]) -> ProductTypeSettings:
    """The settings of one product type."""
    with kernel.database.reading() as session:
        return ProductTypeSettings.of(settings_of(session, kernel, key))


@patch(ONE, operation_id="adminChangeProductType", tags=TAGS, sync_to_thread=True)
def change_product_type(
    kernel: GivenKernel, key: FromPath[str], data: JSONBody[ChangeProductTypeSettings]
) -> ProductTypeSettings:
    """Change what tariff plans of a product type fall back to; what is left out stays."""
    columns = given(data)
    return kernel.database.run(
        lambda session: ProductTypeSettings.of(change_settings(session, kernel, key, columns))
    )


HANDLERS = [list_product_types, get_product_type, change_product_type]
