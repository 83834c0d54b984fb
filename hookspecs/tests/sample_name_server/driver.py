"""An honest name server for the sample zone; tests plant bugs in copies of it."""

from typing import Any

import httpx

from billing_hookspecs import (
    ConnectionReport,
    Context,
    DomainFound,
    DomainPointed,
    DomainRemoved,
    FieldKind,
    FindDomain,
    FormField,
    NameServer,
    NotFound,
    OutcomeUnknownError,
    PointDomain,
    RemoveDomain,
    UpstreamBusyError,
    UpstreamRefusedError,
)


def ask(context: Context, method: str, **parts: Any) -> Any:
    headers = {"X-Token": context.settings["token"]}
    try:
        answer = context.http.request(method, "", headers=headers, **parts)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise UpstreamBusyError("the zone can't be reached") from None
    except httpx.HTTPError as error:
        raise OutcomeUnknownError(f"no answer: {type(error).__name__}") from error
    if answer.status_code == 401:
        raise UpstreamRefusedError("wrong_token")
    if answer.status_code == 503:
        raise UpstreamBusyError("the zone is busy")
    if answer.status_code != 200:
        raise OutcomeUnknownError(f"the zone failed with {answer.status_code}")
    try:
        return answer.json()
    except ValueError:
        raise OutcomeUnknownError("the zone's answer can't be read") from None


class ZoneServer(NameServer):
    key = "sample_zone"
    title = {"en": "Sample zone"}
    settings = (
        FormField("url", {"en": "Address"}, FieldKind.URL),
        FormField("token", {"en": "Token"}, FieldKind.SECRET),
    )

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport(ask(context, "GET")["zone"])

    def point_domain(self, request: PointDomain, context: Context) -> DomainPointed:
        zone = ask(context, "GET")
        if not request.domain.endswith(f".{zone['zone']}"):
            raise UpstreamRefusedError("zone_missing")
        present = addresses_in(zone, request.domain)
        if set(present) - {request.address, *request.previous}:
            raise UpstreamRefusedError("name_taken")
        if request.address not in present:
            ask(context, "POST", json={"name": request.domain, "address": request.address})
        for address in set(present) - {request.address}:
            ask(context, "PUT", json={"name": request.domain, "address": address})
        return DomainPointed()

    def remove_domain(self, request: RemoveDomain, context: Context) -> DomainRemoved:
        present = addresses_in(ask(context, "GET"), request.domain)
        for address in request.addresses:
            if address in present:
                ask(context, "PUT", json={"name": request.domain, "address": address})
        return DomainRemoved()

    def find_domain(self, request: FindDomain, context: Context) -> DomainFound | NotFound:
        present = addresses_in(ask(context, "GET"), request.domain)
        return DomainFound(present) if present else NotFound()


def addresses_in(zone: Any, domain: str) -> tuple[str, ...]:
    return tuple(address for name, address in zone["records"] if name == domain)
