"""What kinds of products are installed."""

from litestar import get

from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.languages import GivenLanguages
from billing_kernel.http.pagination import Page
from billing_kernel.http.shapes.product_types import ProductTypeAnswer


@get("/product-types", operation_id="listProductTypes", tags=["Catalogue"], sync_to_thread=True)
def list_product_types(kernel: GivenKernel, languages: GivenLanguages) -> Page[ProductTypeAnswer]:
    """Every product type with its resource types and the form of its orders; on one page."""
    return Page(
        [
            ProductTypeAnswer.of(product_type, languages)
            for product_type in kernel.extensions.product_types
        ]
    )
