"""Why there is no document: for now, or for good."""

from collections.abc import Sequence

from billing_hookspecs import BillingError
from billing_kernel.domain.errors import ConflictError


class RenderingError(BillingError):
    """The document can't be made just now. No money depends on it, and it is tried again.

    ``cause`` is for people who run the installation; it may name files and quote the invoice.
    """

    code = "document.rendering_failed"

    def __init__(self, cause: str, message: str = "") -> None:
        super().__init__(message or "the document can't be made just now; try again later")
        self.cause = cause


class RendererMissingError(RenderingError):
    """What makes documents of this form isn't installed here."""

    code = "document.renderer_missing"

    def __init__(self, form: str) -> None:
        super().__init__(
            "not installed",
            f"{form} needs packages that aren't installed: pip install 'billing-kernel[documents]'",
        )


class NoEInvoiceError(ConflictError):
    """This invoice can't be an e-invoice by EN 16931; its PDF and HTML are what there is."""

    code = "document.no_e_invoice"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
