"""An honest driver for the sample panel; tests plant bugs in copies of it."""

from datetime import date
from typing import Any

import httpx

from billing_hookspecs import (
    Capability,
    ChangePassword,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FieldKind,
    FindOperation,
    FormField,
    ImportableService,
    ImportableTariff,
    Money,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    Pending,
    PeriodCost,
    ProcessingModule,
    RenewService,
    ResumeService,
    ServiceView,
    SuspendService,
    UpstreamBusyError,
    UpstreamRefusedError,
)


def ask(context: Context, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {context.settings.get('token')}"}
    try:
        answer = context.http.request(method, path, json=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise UpstreamBusyError("the panel can't be reached") from None
    except httpx.HTTPError as error:
        raise OutcomeUnknownError(f"no answer from the panel: {type(error).__name__}") from error
    if answer.status_code == 503:
        raise UpstreamBusyError("the panel is busy")
    try:
        content = answer.json()
    except ValueError:
        raise OutcomeUnknownError("the panel's answer can't be read") from None
    if answer.status_code >= 500:
        raise OutcomeUnknownError(f"the panel failed with {answer.status_code}")
    if answer.status_code >= 400:
        raise UpstreamRefusedError(content["error"])
    return content


URL = FormField("url", {"en": "Address"}, FieldKind.URL)


class PlainPanel(ProcessingModule):
    """What every panel can do."""

    key = "plain_panel"
    title = {"en": "Plain panel"}
    product_types = ("panel_vps",)
    settings = (URL,)

    def check_connection(self, context: Context) -> ConnectionReport:
        account = ask(context, "GET", "account")
        return ConnectionReport(account["name"], {"balance_cents": account["balance_cents"]})

    def open_service(self, request: OpenService, context: Context) -> Done | Pending:
        service = request.service
        found = self._owned(service, context)
        if found is None:
            body = {"reference": service.reference, "plan": service.tariff_code}
            found = ask(context, "POST", "servers", body)
        return self._outcome(found)

    def close_service(self, request: CloseService, context: Context) -> Done:
        if self._owned(request.service, context) is not None:
            ask(context, "DELETE", f"servers/{request.service.upstream_id}")
        return Done(request.service.upstream_id)

    def find_operation(self, request: FindOperation, context: Context) -> Done | Pending | NotFound:
        server = self._owned(request.service, context)
        if server is None:
            gone = request.kind is OperationKind.CLOSE
            return Done(request.service.upstream_id) if gone else NotFound()
        match request.kind:
            case OperationKind.OPEN:
                return self._outcome(server)
            case OperationKind.SUSPEND:
                done = server["status"] == "suspended"
            case OperationKind.RESUME:
                done = server["status"] == "active"
            case OperationKind.CHANGE:
                done = server["plan"] == request.service.tariff_code
            case OperationKind.RENEW:
                done = server["paid_until"] >= str(request.expires_on)
            case _:
                done = False
        return self._done(server) if done else NotFound()

    def _owned(self, service: ServiceView, context: Context) -> Any:
        found = ask(context, "GET", f"servers?reference={service.reference}")
        return found[0] if found else None

    def _outcome(self, server: Any) -> Done | Pending:
        if server["status"] == "building":
            return Pending(10, server["id"])
        return self._done(server)

    def _done(self, server: Any) -> Done:
        facts = {"ip": "192.0.2.7", "plan": server["plan"]}
        return Done(server["id"], facts, date.fromisoformat(server["paid_until"]))


class PatientPanel(PlainPanel):
    """Looks twice before it gives up."""

    key = "patient_panel"

    def _owned(self, service: ServiceView, context: Context) -> Any:
        try:
            return super()._owned(service, context)
        except OutcomeUnknownError:
            return super()._owned(service, context)


class PanelVps(PlainPanel):
    """All that a panel can do."""

    key = "panel_vps"
    title = {"en": "Sample panel"}
    settings = (URL, FormField("token", {"en": "Token"}, FieldKind.SECRET))
    capabilities = frozenset(
        {
            Capability.SUSPEND,
            Capability.RENEW,
            Capability.CHANGE,
            Capability.CHANGE_PASSWORD,
            Capability.PANEL_LINK,
            Capability.SYNC,
            Capability.IMPORT_TARIFFS,
            Capability.IMPORT_SERVICES,
            Capability.USAGE,
            Capability.BALANCE,
        }
    )
    account_identity = ("url",)
    client_facts = ("ip",)

    def suspend_service(self, request: SuspendService, context: Context) -> Done:
        return self._set(request.service, context, status="suspended")

    def resume_service(self, request: ResumeService, context: Context) -> Done:
        return self._set(request.service, context, status="active")

    def change_service(self, request: ChangeService, context: Context) -> Done:
        return self._set(request.service, context, plan=request.service.tariff_code)

    def change_password(self, request: ChangePassword, context: Context) -> Done:
        return self._set(request.service, context, password=request.password)

    def renew_service(self, request: RenewService, context: Context) -> Done:
        server = ask(context, "GET", f"servers/{request.service.upstream_id}")
        if request.expires_on is None or server["paid_until"] < request.expires_on.isoformat():
            path = f"servers/{request.service.upstream_id}/renewals"
            server = ask(context, "POST", path, {"months": request.period_months})
        return self._done(server)

    def panel_link(self, service: ServiceView, return_url: str, context: Context) -> str:
        link: str = ask(context, "POST", f"servers/{service.upstream_id}/links")["url"]
        return link

    def sync_service(self, service: ServiceView, context: Context) -> Done:
        server = self._owned(service, context)
        if server is None:
            raise UpstreamRefusedError("missing", "the panel has no such server")
        return self._done(server)

    def importable_tariffs(self, context: Context) -> tuple[ImportableTariff, ...]:
        return tuple(
            ImportableTariff(
                plan["code"],
                "panel_vps",
                {"en": plan["title"]},
                (PeriodCost(1, Money(plan["monthly_cents"], "EUR")),),
            )
            for plan in ask(context, "GET", "plans")
        )

    def import_services(self, context: Context) -> tuple[ImportableService, ...]:
        return tuple(
            ImportableService(it["id"], "panel_vps", it["plan"], it["reference"])
            for it in ask(context, "GET", "servers")
        )

    def collect_usage(self, service: ServiceView, context: Context) -> dict[str, int]:
        ask(context, "GET", f"servers/{service.upstream_id}")
        return {"traffic": 12}

    def balance(self, context: Context) -> Money:
        return Money(ask(context, "GET", "account")["balance_cents"], "EUR")

    def _set(self, service: ServiceView, context: Context, **changes: str) -> Done:
        return self._done(ask(context, "PATCH", f"servers/{service.upstream_id}", changes))
