"""A reference model of a client's money: what should be where, in a few dictionaries.

It knows nothing of journals, locks or rows. Amounts are minor units; accounts are named as the
books name them, with a currency.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from billing_kernel.domain.periods import months_after

TAX_PERCENT = 20


def taxed(net: int) -> int:
    """A price with its tax, which is rounded half up."""
    return net + (2 * net * TAX_PERCENT + 100) // 200


@dataclass(eq=False)
class ModelInvoice:
    """``service`` is what an order opens or a renewal prolongs; advance payments have none."""

    kind: str
    total: int
    currency: str
    service: "ModelService | None" = None
    status: str = "new"
    ended: str = ""
    credited: int = 0
    issued_on: date = date.min
    ends_on: date | None = None
    """Of a renewal: until when it would prolong the service."""
    payments: list["ModelPayment"] = field(default_factory=list)

    @property
    def is_attempted(self) -> bool:
        return any(payment.is_open for payment in self.payments)

    @property
    def earned(self) -> int:
        return self.total - self.credited if self.ended == "earned" else 0


@dataclass(eq=False)
class ModelService:
    price: int
    currency: str
    status: str = "ordered"
    expires_on: date = date.min
    paying: ModelInvoice | None = None
    """The invoice whose operation is under way."""


@dataclass(eq=False)
class ModelPayment:
    invoice: ModelInvoice
    by_gateway: bool = True
    is_open: bool = True
    captured: int = 0
    currency: str = ""
    refunded: int = 0
    sent_back: int = 0
    """What of it the gateway returned to the payer."""
    disputed: int = 0
    settles: bool = False

    @property
    def left(self) -> int:
        return self.captured - self.refunded - self.disputed


@dataclass(eq=False)
class ModelRefund:
    payment: ModelPayment
    amount: int
    from_balance: int


class ModelMoney:
    """Where all money is, and the rules by which it moves."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.accounts: dict[str, int] = defaultdict(int)
        self.invoices: dict[int, ModelInvoice] = {}

    def move(self, giver: str, taker: str, currency: str, minor: int) -> None:
        self.accounts[f"{giver} {currency}"] -= minor
        self.accounts[f"{taker} {currency}"] += minor

    def balance(self, currency: str) -> int:
        return self.accounts[f"balance {currency}"]

    @property
    def books(self) -> dict[str, int]:
        return {name: minor for name, minor in self.accounts.items() if minor}

    def is_stale(self, invoice: ModelInvoice) -> bool:
        """A renewal that would begin on another day if it were asked for today."""
        if invoice.kind != "renewal" or invoice.service is None:
            return False
        return self.today > max(invoice.issued_on, invoice.service.expires_on)

    def may_settle(self, invoice: ModelInvoice) -> bool:
        """Open and not stale, its work can begin, and the balance covers it."""
        if invoice.status != "new" or self.is_stale(invoice):
            return False
        service = invoice.service
        if service is None:
            return True
        ready = {"order": "ordered", "renewal": "active"}[invoice.kind]
        return (
            service.status == ready
            and service.paying is None
            and self.balance(invoice.currency) >= invoice.total
        )

    def settle(self, invoice: ModelInvoice) -> None:
        invoice.status = "paid"
        if invoice.service is not None:
            self.move("balance", "held", invoice.currency, invoice.total)
            invoice.service.paying = invoice
            if invoice.kind == "order":
                invoice.service.status = "opening"

    def pay_from_balance(self, invoice: ModelInvoice) -> None:
        self.settle(invoice)
        payment = ModelPayment(invoice, by_gateway=False, is_open=False, settles=True)
        payment.captured, payment.currency = invoice.total, invoice.currency
        invoice.payments.append(payment)

    def receive(self, payment: ModelPayment, minor: int, currency: str) -> None:
        """Money came: parts add up; what can't settle stays on the balance."""
        payment.is_open, payment.captured, payment.currency = False, minor, currency
        self.move("clearing", "balance", currency, minor)
        invoice = payment.invoice
        if currency != invoice.currency or invoice.status != "new":
            return
        parts = [it for it in invoice.payments if it.captured and not it.settles]
        parts = [it for it in parts if it.currency == currency]
        enough = sum(part.left for part in parts) >= invoice.total
        if enough and self.may_settle(invoice):
            self.settle(invoice)
            for part in parts:
                part.settles = True

    def end_operation(self, service: ModelService, *, done: bool) -> None:
        invoice = service.paying
        assert invoice is not None
        service.paying = None
        invoice.ended = "earned" if done else "released"
        self.move("held", "earned" if done else "balance", invoice.currency, invoice.total)
        if invoice.kind == "order":
            service.status = "active" if done else "failed"
        if done:
            service.expires_on = invoice.ends_on or months_after(self.today, 1)

    def plan_refund(self, payment: ModelPayment, minor: int, to: str) -> ModelRefund | None:
        """How a refund is made up; None where it must be refused."""
        invoice, unspent, earned = payment.invoice, payment.left, 0
        if payment.settles and invoice.service is not None:
            if invoice.service.paying is invoice:
                return None
            earned = invoice.earned
            came = sum(it.left for it in invoice.payments if it.settles)
            unspent = min(payment.left, came - earned)
        if not 0 < minor <= payment.left or (to == "gateway" and not payment.by_gateway):
            return None
        if to == "balance":
            return ModelRefund(payment, minor, 0) if minor <= earned else None
        from_balance = min(minor, max(0, min(unspent, self.balance(payment.currency))))
        return ModelRefund(payment, minor, from_balance) if minor - from_balance <= earned else None

    def refund(self, refund: ModelRefund, to: str) -> None:
        payment, credited = refund.payment, refund.amount - refund.from_balance
        payment.refunded += refund.amount
        payment.invoice.credited += credited
        if to == "gateway":
            payment.sent_back += refund.amount
        taker = "clearing" if to == "gateway" else "balance"
        self.move("earned", taker, payment.currency, credited)
        self.move("balance", taker, payment.currency, refund.from_balance)

    def take_back(self, refund: ModelRefund) -> None:
        """The gateway refused it."""
        payment, credited = refund.payment, refund.amount - refund.from_balance
        payment.refunded -= refund.amount
        payment.sent_back -= refund.amount
        payment.invoice.credited -= credited
        self.move("clearing", "earned", payment.currency, credited)
        self.move("clearing", "balance", payment.currency, refund.from_balance)

    def return_late(self, payment: ModelPayment, minor: int) -> None:
        """A refund failed after it was done: what was credited stays, the money is the client's."""
        payment.refunded -= minor
        payment.sent_back -= minor
        self.move("clearing", "balance", payment.currency, minor)

    def dispute(self, payment: ModelPayment, minor: int) -> None:
        self.move("disputed", "clearing", payment.currency, minor - payment.disputed)
        payment.disputed = minor
