"""Honest drivers whose upstream is people; tests plant bugs in copies of them."""

from billing_hookspecs import (
    Capability,
    ChangeService,
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FieldKind,
    FindOperation,
    FormField,
    GatewayCapability,
    OpenService,
    PaymentGateway,
    PaymentStarted,
    Pending,
    ProcessingModule,
    StartPayment,
)

ACCOUNT = FormField("account", {"en": "Account"})


class ByHand(ProcessingModule):
    key = "by_hand"
    title = {"en": "By hand"}
    product_types = ("rack_space",)
    capabilities = frozenset({Capability.MANUAL, Capability.CHANGE})
    task_facts = (FormField("ip", {"en": "Address"}, FieldKind.IP_ADDRESS),)

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("People do the work.")

    def open_service(self, request: OpenService, context: Context) -> Pending:
        return Pending(86400)

    def close_service(self, request: CloseService, context: Context) -> Pending:
        return Pending(86400)

    def change_service(self, request: ChangeService, context: Context) -> Done:
        return Done(facts={"noted": True})

    def find_operation(self, request: FindOperation, context: Context) -> Pending:
        return Pending(86400)


class BankTransfer(PaymentGateway):
    key = "transfer"
    title = {"en": "Bank transfer"}
    settings = (ACCOUNT,)
    capabilities = frozenset({GatewayCapability.CONFIRMED_BY_HAND})

    def start_payment(self, request: StartPayment, context: Context) -> PaymentStarted:
        account = context.settings["account"]
        return PaymentStarted(instructions=f"{request.amount} to {account}, {request.reference}")
