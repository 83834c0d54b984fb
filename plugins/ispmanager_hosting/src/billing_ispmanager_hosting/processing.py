"""The driver: one sold service is one user of an ispmanager."""

from collections.abc import Mapping

from billing_hookspecs import (
    Capability,
    ChangePassword,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FieldError,
    FindOperation,
    ImportableService,
    NotFound,
    OpenService,
    OperationKind,
    OutcomeUnknownError,
    ProcessingModule,
    ResumeService,
    ServiceView,
    SuspendService,
    UpstreamBusyError,
    UpstreamRefusedError,
)
from billing_ispmanager_hosting.client import NO_PRESET, HostingPanel
from billing_ispmanager_hosting.limits import (
    ADDRESSES,
    agree,
    known_limits,
    limit_fields,
    resources_of,
)
from billing_ispmanager_hosting.opening import create_user, preset_of
from billing_ispmanager_hosting.settings import SETTINGS, cpu_load_field
from billing_ispmanager_hosting.users import PanelUser
from billing_ispsystem_api.errors import PanelSetupError


class IspmanagerHosting(ProcessingModule):
    """Shared hosting on ispmanager 6.

    A user carries the service's reference as a mark, in its comment and its full name. By the
    mark an opening whose answer was lost is found again, and a user that carries another mark
    is never adopted, changed or deleted, whatever it is called.
    """

    key = "ispmanager_hosting"
    title = {"en": "ispmanager 6", "ru": "ispmanager 6"}
    product_types = ("shared_hosting",)
    settings = SETTINGS
    capabilities = frozenset(
        {
            Capability.SUSPEND,
            Capability.CHANGE,
            Capability.CHANGE_PASSWORD,
            Capability.PANEL_LINK,
            Capability.SYNC,
            Capability.IMPORT_SERVICES,
            Capability.USAGE,
        }
    )
    account_identity = ("url", "username")
    client_facts = ("login", "domain", "ip")

    def check_connection(self, context: Context) -> ConnectionReport:
        panel = HostingPanel(context)
        try:
            licence, name, presets = panel.licence(), panel.own_name(), panel.presets()
        except PanelSetupError as error:
            raise error.as_refusal() from error
        if not licence.is_ispmanager:
            raise UpstreamRefusedError(
                "wrong_panel", f"this is not an ispmanager but {licence.product or 'unnamed'}"
            )
        templates = ", ".join(presets) or "none"
        return ConnectionReport(f"{licence.product}, user {name}, templates: {templates}")

    def validate_order(self, service: ServiceView) -> tuple[FieldError, ...]:
        return tuple(
            FieldError(f"/addons/{key}", "addresses can't be ordered for this hosting yet")
            for key in ADDRESSES
            if service.resources.get(key)
        )

    def open_service(self, request: OpenService, context: Context) -> Done:
        panel, service = HostingPanel(context), request.service
        user = panel.user_for(service.reference)
        name = (
            user.name
            if user
            else create_user(panel, service, self._limits(panel, service, context), context.log)
        )
        try:
            return Done(name, self._facts(panel, name))
        except UpstreamBusyError as error:
            # The user exists by now, so "nothing was bought" would no longer be true.
            raise OutcomeUnknownError(f"user {name} was created, then {error.message}") from error

    def suspend_service(self, request: SuspendService, context: Context) -> Done:
        panel = HostingPanel(context)
        user = self._own_user(panel, request.service)
        if user.is_active:
            panel.suspend_user(user.name)
        return Done(user.name)

    def resume_service(self, request: ResumeService, context: Context) -> Done:
        panel = HostingPanel(context)
        user = self._own_user(panel, request.service)
        if not user.is_active:
            panel.resume_user(user.name)
        return Done(user.name)

    def change_service(self, request: ChangeService, context: Context) -> Done:
        panel = HostingPanel(context)
        user = self._own_user(panel, request.service)
        limits = self._limits(panel, request.service, context)
        panel.change_user(user.name, {**limits, "preset": preset_of(request.service)})
        return Done(user.name)

    def close_service(self, request: CloseService, context: Context) -> Done:
        panel, service = HostingPanel(context), request.service
        if self._is_there(panel, service):
            panel.delete_user(service.upstream_id)
        return Done(service.upstream_id)

    def change_password(self, request: ChangePassword, context: Context) -> Done:
        panel = HostingPanel(context)
        user = self._own_user(panel, request.service)
        panel.set_password(user.name, request.password)
        return Done(user.name)

    def find_operation(self, request: FindOperation, context: Context) -> Done | NotFound:
        """Compare the panel with what the operation was to reach.

        A password can't be read back: NotFound is right for it all the same, because setting
        the same one twice has the effect of once.
        """
        panel, service = HostingPanel(context), request.service
        if request.kind is OperationKind.OPEN:
            made = panel.user_for(service.reference)
            return Done(made.name, self._facts(panel, made.name)) if made else NotFound()
        if request.kind is OperationKind.CLOSE:
            return NotFound() if self._is_there(panel, service) else Done(service.upstream_id)
        user = self._own_user(panel, service)
        match request.kind:
            case OperationKind.SUSPEND:
                reached = not user.is_active
            case OperationKind.RESUME:
                reached = user.is_active
            case OperationKind.CHANGE:
                wanted = self._limits(panel, service, context)
                reached = agree(wanted, panel.user_limits(user.name))
            case _:
                reached = False
        return Done(user.name) if reached else NotFound()

    def panel_link(self, service: ServiceView, return_url: str, context: Context) -> str:
        """``return_url`` isn't passed on: no public parameter of the panel takes one."""
        panel = HostingPanel(context)
        return panel.log_in_link(self._own_user(panel, service).name)

    def sync_service(self, service: ServiceView, context: Context) -> Done:
        panel = HostingPanel(context)
        user = self._own_user(panel, service)
        limits = panel.user_limits(user.name)
        return Done(
            user.name,
            {
                **self._facts(panel, user.name),
                "is_active": user.is_active,
                "preset": user.preset,
                "resources": resources_of(limits, cpu_load_field(context)),
            },
        )

    def import_services(self, context: Context) -> tuple[ImportableService, ...]:
        return tuple(
            ImportableService(
                upstream_id=user.name,
                product_type="shared_hosting",
                tariff_code="" if user.preset == NO_PRESET else user.preset,
                name=user.name,
                facts={"login": user.name, "is_imported": True},
                is_active=user.is_active,
            )
            for user in HostingPanel(context).users()
        )

    def collect_usage(self, service: ServiceView, context: Context) -> Mapping[str, int]:
        panel = HostingPanel(context)
        used = panel.usage(self._own_user(panel, service).name)
        limits = known_limits(cpu_load_field(context))
        return {
            key: used[limit.field] // limit.factor
            for key, limit in limits.items()
            if limit.field in used
        }

    def _limits(
        self, panel: HostingPanel, service: ServiceView, context: Context
    ) -> dict[str, str]:
        """What the template gives, then what was sold: the panel applies no template by itself."""
        sold = limit_fields(service.resources, cpu_load_field(context))
        return {**panel.preset_fields(preset_of(service)), **sold}

    def _own_user(self, panel: HostingPanel, service: ServiceView) -> PanelUser:
        user = panel.user(service.upstream_id)
        if user is None:
            raise UpstreamRefusedError("missing", f"the panel has no user {service.upstream_id}")
        if not (service.facts.get("is_imported") or user.is_marked(service.reference)):
            raise UpstreamRefusedError(
                "not_ours", f"user {user.name} doesn't carry the mark of {service.reference}"
            )
        return user

    def _is_there(self, panel: HostingPanel, service: ServiceView) -> bool:
        """Whether the service's own user exists; raises where another one has its name."""
        try:
            self._own_user(panel, service)
        except UpstreamRefusedError as error:
            if error.reason == "missing":
                return False
            raise
        return True

    def _facts(self, panel: HostingPanel, name: str) -> dict[str, str]:
        domain, address = panel.first_site(name)
        return {"login": name, "domain": domain, "ip": address}
