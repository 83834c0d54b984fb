"""The driver whose upstream is a department: every operation waits for a person."""

from typing import Final

from billing_hookspecs import (
    Capability,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    FieldKind,
    FindOperation,
    FormField,
    OpenService,
    Pending,
    ProcessingModule,
    ResumeService,
    SuspendService,
)

LOOK_AGAIN_S: Final = 86400
"""The kernel ends an operation when its task is completed, so asking again is only a habit."""


class ManualProcessing(ProcessingModule):
    """Open, change, suspend and close servers by hand.

    The driver is told of nothing and remembers nothing: the task is the instruction, and
    completing it with facts is the answer. RENEW is left out, because time is counted here and
    a paid period changes nothing on the machine. CHANGE_PASSWORD is left out, because a new
    password would stand in a task for everybody in the department to read.
    """

    key = "manual"
    title = {"en": "By hand", "ru": "Ручная обработка"}
    product_types = ("vps", "dedicated_server")
    capabilities = frozenset({Capability.MANUAL, Capability.SUSPEND, Capability.CHANGE})
    client_facts = ("ip", "login", "panel_url")
    task_facts = (
        FormField(
            name="ip",
            title={"en": "IP address", "ru": "IP-адрес"},
            kind=FieldKind.IP_ADDRESS,
            hint={"en": "The server's main address", "ru": "Основной адрес сервера"},
        ),
        FormField(
            name="login",
            title={"en": "Login", "ru": "Логин"},
            required=False,
            length_max=64,
        ),
        FormField(
            name="panel_url",
            title={"en": "Control panel address", "ru": "Адрес панели управления"},
            kind=FieldKind.URL,
            required=False,
        ),
    )

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("Nothing to connect to: the department does the work.")

    def open_service(self, request: OpenService, context: Context) -> Pending:
        return Pending(LOOK_AGAIN_S)

    def close_service(self, request: CloseService, context: Context) -> Pending:
        return Pending(LOOK_AGAIN_S)

    def suspend_service(self, request: SuspendService, context: Context) -> Pending:
        return Pending(LOOK_AGAIN_S)

    def resume_service(self, request: ResumeService, context: Context) -> Pending:
        return Pending(LOOK_AGAIN_S)

    def change_service(self, request: ChangeService, context: Context) -> Pending:
        return Pending(LOOK_AGAIN_S)

    def find_operation(self, request: FindOperation, context: Context) -> Pending:
        """Pending, never NotFound: only the person knows, and the kernel asks the person."""
        return Pending(LOOK_AGAIN_S)
