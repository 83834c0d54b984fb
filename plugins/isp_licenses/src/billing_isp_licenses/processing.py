"""The driver: licences bought, kept and given back at the vendor's selling BILLmanager."""

import ipaddress
from typing import ClassVar

from billing_hookspecs import (
    Capability,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FieldError,
    FindOperation,
    ImportableService,
    ImportableTariff,
    Money,
    NotFound,
    OpenService,
    OperationKind,
    Pending,
    ProcessingModule,
    RenewService,
    ResumeService,
    ServiceView,
    SuspendService,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_isp_licenses import keeping
from billing_isp_licenses.client import LicenseServer
from billing_isp_licenses.opening import find_opening, open_license
from billing_isp_licenses.product_types import ISP_LICENSE
from billing_isp_licenses.settings import SETTINGS
from billing_isp_licenses.wire import License, LicenseStatus
from billing_ispsystem_api import PanelSetupError


class IspLicenses(ProcessingModule):
    """Sells licences of the price list that the connected account buys from.

    Every instruction looks first and acts only if its goal isn't reached yet, so giving it
    again has no second effect. What the seller calls deleted or doesn't list is absent.
    """

    key = "isp_licenses"
    title: ClassVar = {"en": "ISPsystem licenses (BILLmanager)", "ru": "Лицензии ISPsystem"}
    product_types = (ISP_LICENSE.key,)
    settings = SETTINGS
    capabilities = frozenset(
        {
            Capability.RENEW,
            Capability.SUSPEND,
            Capability.CHANGE,
            Capability.SYNC,
            Capability.IMPORT_TARIFFS,
            Capability.IMPORT_SERVICES,
            Capability.BALANCE,
        }
    )
    account_identity = ("url", "username")
    client_facts = ("license_id", "license_key", "ip")
    quiet_period_s = 120
    call_timeout_s = 120

    def check_connection(self, context: Context) -> ConnectionReport:
        server = LicenseServer(context)
        try:
            count = len(server.licenses())
        except PanelSetupError as error:
            raise error.as_refusal() from error
        try:
            balance = str(server.balance())
        except UpstreamRefusedError as error:
            balance = error.message
        return ConnectionReport(
            f"Logged in; licences: {count}; balance: {balance}", {"licenses": count}
        )

    def validate_order(self, service: ServiceView) -> tuple[FieldError, ...]:
        """The seller activates a licence for the address of a server that it can reach."""
        errors = []
        if not service.tariff_code:
            errors.append(FieldError("/tariff_plan_id", "names no tariff of the licence server"))
        try:
            ip = ipaddress.ip_address(str(service.parameters.get("ip", "")))
        except ValueError:
            errors.append(FieldError("/parameters/ip", "must be the address of a server"))
        else:
            if ip.is_unspecified or ip.is_loopback or ip.is_multicast or ip.is_link_local:
                errors.append(FieldError("/parameters/ip", "can't be the address of a server"))
        return tuple(errors)

    def open_service(self, request: OpenService, context: Context) -> Done | Pending:
        return open_license(LicenseServer(context), request.service, context)

    def close_service(self, request: CloseService, context: Context) -> Done | Pending:
        return keeping.close_license(LicenseServer(context), request.service)

    def suspend_service(self, request: SuspendService, context: Context) -> Done | Pending:
        return keeping.suspend_license(LicenseServer(context), request.service)

    def resume_service(self, request: ResumeService, context: Context) -> Done | Pending:
        return keeping.resume_license(LicenseServer(context), request.service)

    def change_service(self, request: ChangeService, context: Context) -> Done | Pending:
        return keeping.change(LicenseServer(context), request)

    def renew_service(self, request: RenewService, context: Context) -> Done | Pending:
        return keeping.renew_license(LicenseServer(context), request, context.attempt)

    def find_operation(self, request: FindOperation, context: Context) -> Done | Pending | NotFound:
        server = LicenseServer(context)
        if request.kind is OperationKind.OPEN:
            return find_opening(server, request, context)
        return keeping.find_instruction(server, request)

    def sync_service(self, service: ServiceView, context: Context) -> Done:
        return keeping.as_done(keeping.present_license(LicenseServer(context), service))

    def importable_tariffs(self, context: Context) -> tuple[ImportableTariff, ...]:
        return LicenseServer(context).tariffs()

    def import_services(self, context: Context) -> tuple[ImportableService, ...]:
        """Every licence that exists; where the list shows no status, each is asked for it."""
        server = LicenseServer(context)
        found = []
        for row in server.licenses():
            if context.seconds_left <= 0:
                raise UpstreamBusyError("there are more licences than can be read in time")
            license = row if row.status else server.license(row.id)
            if license and license.exists:
                found.append(_importable(license))
        return tuple(found)

    def balance(self, context: Context) -> Money:
        return LicenseServer(context).balance()


def _importable(license: License) -> ImportableService:
    return ImportableService(
        upstream_id=license.id,
        product_type=ISP_LICENSE.key,
        tariff_code=license.tariff_code,
        name=license.name,
        facts=license.facts,
        expires_on=license.expires_on,
        is_active=license.status is LicenseStatus.ACTIVE,
    )
