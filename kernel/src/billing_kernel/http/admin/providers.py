"""Providers: the businesses that sell."""

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from billing_kernel import models
from billing_kernel.application import providing
from billing_kernel.http.admin import rows
from billing_kernel.http.auth import GivenKernel
from billing_kernel.http.idempotency import GivenOnce
from billing_kernel.http.pagination import GivenPaging, Page
from billing_kernel.http.shapes.base import given
from billing_kernel.http.shapes.providers import ChangeProvider, CreateProvider, Provider

PATH, ONE = "/providers", "/providers/{provider_id:int}"
TAGS = ["Administration: providers"]


@get(PATH, operation_id="adminListProviders", tags=TAGS, sync_to_thread=True)
def list_providers(kernel: GivenKernel, paging: GivenPaging) -> Page[Provider]:
    """Every provider."""
    return rows.listed(kernel, models.Provider, paging, Provider.of)


@post(PATH, operation_id="adminCreateProvider", tags=TAGS, sync_to_thread=True)
def create_provider(
    kernel: GivenKernel, once: GivenOnce, data: JSONBody[CreateProvider]
) -> Response[Provider]:
    """Create a provider."""
    columns = data.columns()
    return once.answer(
        lambda session: Provider.of(providing.create_provider(session, kernel, columns))
    )


@get(ONE, operation_id="adminGetProvider", tags=TAGS, sync_to_thread=True)
def get_provider(kernel: GivenKernel, provider_id: FromPath[int]) -> Provider:
    """One provider."""
    return rows.shown(kernel, models.Provider, provider_id, Provider.of)


@patch(ONE, operation_id="adminChangeProvider", tags=TAGS, sync_to_thread=True)
def change_provider(
    kernel: GivenKernel, provider_id: FromPath[int], data: JSONBody[ChangeProvider]
) -> Provider:
    """Change a provider; what is left out stays.

    Another currency opens a balance in it for every client and converts nothing; 409 names
    the payments and expenses that are in the way.
    """
    columns = given(data)
    return kernel.database.run(
        lambda session: Provider.of(
            providing.change_provider(session, kernel, provider_id, columns)
        )
    )


@delete(ONE, operation_id="adminDeleteProvider", tags=TAGS, sync_to_thread=True)
def delete_provider(kernel: GivenKernel, provider_id: FromPath[int]) -> None:
    """Delete a provider that nothing uses; 409 names the users."""
    rows.removed(kernel, models.Provider, provider_id)


HANDLERS = [list_providers, create_provider, get_provider, change_provider, delete_provider]
