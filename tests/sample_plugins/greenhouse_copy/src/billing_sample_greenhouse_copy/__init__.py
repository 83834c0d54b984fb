"""Broken: a driver's key is taken by a plugin before it."""

from billing_hookspecs import (
    CloseService,
    ConnectionReport,
    Context,
    Done,
    FindOperation,
    NotFound,
    OpenService,
    PluginManifest,
    ProcessingModule,
    ProductType,
    impl,
)


class Copy(ProcessingModule):
    key = "greenhouse"
    title = {"en": "Sample"}
    product_types = ("sample_plant",)

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("Always there")

    def open_service(self, request: OpenService, context: Context) -> Done:
        return Done(request.service.reference)

    def close_service(self, request: CloseService, context: Context) -> Done:
        return Done(request.service.upstream_id)

    def find_operation(self, request: FindOperation, context: Context) -> NotFound:
        return NotFound()


class Plugin:
    MANIFEST = PluginManifest(name="greenhouse_copy", title="Greenhouse copy", api=">=1.0,<2")

    @impl
    def billing_product_types(self) -> tuple[ProductType, ...]:
        return (ProductType("sample_copied_plant", {"en": "Sample"}),)

    @impl
    def billing_processing_modules(self) -> tuple[ProcessingModule, ...]:
        return (Copy(),)
