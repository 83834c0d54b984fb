"""Every promise about money as a query for the rows that break it; they must find none."""

from billing_kernel.application.invariants.charges import CHARGES
from billing_kernel.application.invariants.documents import DOCUMENTS
from billing_kernel.application.invariants.ledger import LEDGER
from billing_kernel.application.invariants.payments import PAYMENTS
from billing_kernel.application.invariants.refunds import REFUNDS
from billing_kernel.application.invariants.shape import Invariant

INVARIANTS: tuple[Invariant, ...] = (*LEDGER, *DOCUMENTS, *CHARGES, *PAYMENTS, *REFUNDS)

__all__ = ["INVARIANTS", "Invariant"]
