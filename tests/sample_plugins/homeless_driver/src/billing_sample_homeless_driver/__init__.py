"""Broken: a driver for a product type that no plugin defines."""

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
    impl,
)


class Homeless(ProcessingModule):
    key = "homeless"
    title = {"en": "Sample"}
    product_types = (
        "sample_plant",
        "sample_ghost",
    )

    def check_connection(self, context: Context) -> ConnectionReport:
        return ConnectionReport("Always there")

    def open_service(self, request: OpenService, context: Context) -> Done:
        return Done(request.service.reference)

    def close_service(self, request: CloseService, context: Context) -> Done:
        return Done(request.service.upstream_id)

    def find_operation(self, request: FindOperation, context: Context) -> NotFound:
        return NotFound()


class Plugin:
    MANIFEST = PluginManifest(name="homeless_driver", title="Homeless driver", api=">=1.0,<2")

    @impl
    def billing_processing_modules(self) -> tuple[ProcessingModule, ...]:
        return (Homeless(),)
