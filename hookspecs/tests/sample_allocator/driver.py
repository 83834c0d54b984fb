"""An honest allocator for the sample pool; tests plant bugs in copies of it."""

from typing import Any

import httpx

from billing_hookspecs import (
    AddressAllocated,
    AddressReleased,
    AllocateAddress,
    ConnectionReport,
    Context,
    FieldKind,
    FindAddress,
    FormField,
    IpAllocator,
    NotFound,
    OutcomeUnknownError,
    ReleaseAddress,
    UpstreamBusyError,
    UpstreamRefusedError,
)


def ask(context: Context, method: str, path: str, **parts: Any) -> Any:
    headers = {"X-Token": context.settings["token"]}
    try:
        answer = context.http.request(method, path, headers=headers, **parts)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise UpstreamBusyError("the pool can't be reached") from None
    except httpx.HTTPError as error:
        raise OutcomeUnknownError(f"no answer: {type(error).__name__}") from error
    if answer.status_code == 401:
        raise UpstreamRefusedError("wrong_token")
    if answer.status_code == 503:
        raise UpstreamBusyError("the pool is busy")
    if answer.status_code != 200:
        raise OutcomeUnknownError(f"the pool failed with {answer.status_code}")
    try:
        return answer.json()
    except ValueError:
        raise OutcomeUnknownError("the pool's answer can't be read") from None


class PoolAllocator(IpAllocator):
    key = "sample_pool"
    title = {"en": "Sample pool"}
    settings = (
        FormField("url", {"en": "Address"}, FieldKind.URL),
        FormField("token", {"en": "Token"}, FieldKind.SECRET),
    )
    account_identity = ("url",)

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport(ask(context, "GET", "name")["name"])

    def allocate_address(self, request: AllocateAddress, context: Context) -> AddressAllocated:
        held = self._held(request.reference, context)
        if held is None:
            body = {"family": request.family, "note": request.reference}
            held = ask(context, "POST", "held", json=body)["address"]
        return AddressAllocated(held)

    def release_address(self, request: ReleaseAddress, context: Context) -> AddressReleased:
        if self._held(request.reference, context) == request.address:
            ask(context, "DELETE", f"held/{request.address}")
        return AddressReleased()

    def find_address(self, request: FindAddress, context: Context) -> AddressAllocated | NotFound:
        held = self._held(request.reference, context)
        return NotFound() if held is None else AddressAllocated(held)

    def _held(self, reference: str, context: Context) -> str | None:
        found = ask(context, "GET", "held", params={"note": reference})
        return found[0] if found else None


class PatientAllocator(PoolAllocator):
    """Looks twice before it gives up."""

    key = "patient_pool"

    def _held(self, reference: str, context: Context) -> str | None:
        try:
            return super()._held(reference, context)
        except OutcomeUnknownError:
            return super()._held(reference, context)
