"""Double entry: which accounts there are and what every movement of money posts.

Amounts are signed from the view of the account's owner: plus on a client's balance is the
client's gain, plus on revenue the provider's. Every draft sums to zero in each currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing_hookspecs import BillingError, Money
from billing_kernel.domain.errors import RuleError


class AccountKind(StrEnum):
    BALANCE = "client_balance"
    HELD = "held"
    REVENUE = "revenue"
    TAX = "tax_payable"
    CLEARING = "gateway_clearing"
    SUSPENSE = "suspense"
    ROUNDING = "rounding"
    ADJUSTMENT = "adjustment"
    DISPUTED = "disputed"


GUARDED = frozenset({AccountKind.BALANCE, AccountKind.HELD})
"""What belongs to clients: never below minus the credit limit."""


class EntryKind(StrEnum):
    PAYMENT = "payment"
    HOLD = "hold"
    EARN = "earn"
    CHARGE = "charge"
    RELEASE = "release"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    CREDIT = "credit"
    DISPUTE = "dispute"
    SUSPENSE = "suspense"
    ASSIGNMENT = "assignment"
    REVERSAL = "reversal"


class UnbalancedEntryError(BillingError):
    """Postings that don't sum to zero; always a fault of ours."""

    code = "ledger.unbalanced"


class InsufficientFundsError(RuleError):
    """The balance doesn't cover it."""

    code = "balance.insufficient"


class DebtAboveLimitError(RuleError):
    """A client owes more than a credit limit would allow."""

    code = "credit_limit.below_debt"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Names an account; the same key always means the same account."""

    kind: AccountKind
    provider_id: int
    currency: str
    client_id: int | None = None
    payment_method_id: int | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    account: AccountKey
    amount: Money


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One movement of money before it is written; ``source`` is what made it, for one purpose."""

    kind: EntryKind
    source_type: str
    source_id: int
    legs: tuple[Leg, ...]
    description: str = ""
    invoice_id: int | None = None
    service_id: int | None = None
    reverses_entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The client whose money moves, and at which provider."""

    provider_id: int
    client_id: int

    def balance(self, currency: str) -> AccountKey:
        return AccountKey(AccountKind.BALANCE, self.provider_id, currency, self.client_id)

    def held(self, currency: str) -> AccountKey:
        return AccountKey(AccountKind.HELD, self.provider_id, currency, self.client_id)


def balanced(draft: EntryDraft) -> EntryDraft:
    """The draft without empty legs; raises UnbalancedEntryError unless it sums to zero."""
    legs = tuple(leg for leg in draft.legs if leg.amount)
    totals: dict[str, int] = {}
    for leg in legs:
        if leg.amount.currency != leg.account.currency:
            raise UnbalancedEntryError(f"{leg.amount} posted to an account in another currency")
        totals[leg.amount.currency] = totals.get(leg.amount.currency, 0) + leg.amount.amount_minor
    if any(totals.values()) or len(legs) < 2:
        raise UnbalancedEntryError(f"{draft.kind} of {draft.source_type} {draft.source_id}")
    return EntryDraft(
        draft.kind, draft.source_type, draft.source_id, legs, draft.description,
        draft.invoice_id, draft.service_id, draft.reverses_entry_id,
    )  # fmt: skip


def transfer(payer: AccountKey, receiver: AccountKey, amount: Money) -> tuple[Leg, Leg]:
    """Both legs of moving ``amount``, a positive one, from one account to another."""
    if amount.amount_minor <= 0:
        raise UnbalancedEntryError(f"a transfer of {amount} moves nothing")
    return Leg(payer, -amount), Leg(receiver, amount)


def draft_receipt(
    owner: Owner, payment_id: int, payment_method_id: int, amount: Money, description: str
) -> EntryDraft:
    """Money came through a method: the client's balance gains it."""
    clearing = clearing_of(owner.provider_id, payment_method_id, amount.currency)
    return EntryDraft(
        EntryKind.PAYMENT, "payment", payment_id,
        transfer(clearing, owner.balance(amount.currency), amount), description,
    )  # fmt: skip


def draft_hold(owner: Owner, invoice_id: int, amount: Money, description: str) -> EntryDraft:
    """An invoice was paid: its money leaves the balance and waits for the upstream."""
    return EntryDraft(
        EntryKind.HOLD, "invoice", invoice_id,
        transfer(owner.balance(amount.currency), owner.held(amount.currency), amount),
        description, invoice_id,
    )  # fmt: skip


def draft_earning(
    owner: Owner, line_id: int, net: Money, tax: Money, description: str,
    invoice_id: int | None, service_id: int | None,
) -> EntryDraft:  # fmt: skip
    """The upstream confirmed an invoice line: what was held is earned, its tax is owed."""
    legs = (Leg(owner.held(net.currency), -(net + tax)), *_earned(owner, net, tax))
    return EntryDraft(
        EntryKind.EARN, "invoice_line", line_id, legs, description, invoice_id, service_id
    )


def draft_charge(
    owner: Owner, charge_id: int, net: Money, tax: Money, description: str, service_id: int
) -> EntryDraft:
    """A day of a service begins: its price is earned straight from the balance."""
    legs = (Leg(owner.balance(net.currency), -(net + tax)), *_earned(owner, net, tax))
    return EntryDraft(
        EntryKind.CHARGE, "daily_charge", charge_id, legs, description, service_id=service_id
    )


def draft_release(
    owner: Owner, line_id: int, total: Money, description: str,
    invoice_id: int | None, service_id: int | None,
) -> EntryDraft:  # fmt: skip
    """The upstream finally refused an invoice line: what was held returns to the balance."""
    return EntryDraft(
        EntryKind.RELEASE, "invoice_line", line_id,
        transfer(owner.held(total.currency), owner.balance(total.currency), total),
        description, invoice_id, service_id,
    )  # fmt: skip


def draft_adjustment(
    owner: Owner, adjustment_id: int, amount: Money, description: str
) -> EntryDraft:
    """An administrator corrects a balance; plus is the client's gain."""
    other = AccountKey(AccountKind.ADJUSTMENT, owner.provider_id, amount.currency)
    legs = (Leg(owner.balance(amount.currency), amount), Leg(other, -amount))
    return EntryDraft(EntryKind.ADJUSTMENT, "adjustment", adjustment_id, legs, description)


def draft_credit(
    owner: Owner, refund_id: int, net: Money, tax: Money, description: str, invoice_id: int | None
) -> EntryDraft:
    """What was earned is given back to the client's balance."""
    legs = (*_earned(owner, -net, -tax), Leg(owner.balance(net.currency), net + tax))
    return EntryDraft(EntryKind.CREDIT, "refund", refund_id, legs, description, invoice_id)


def draft_repayment(
    owner: Owner, refund_id: int, from_balance: Money, net: Money, tax: Money,
    clearing: AccountKey, description: str, invoice_id: int | None = None,
) -> EntryDraft:  # fmt: skip
    """Money goes back through the method that it came by: from the balance, or what was earned."""
    legs = (
        Leg(owner.balance(clearing.currency), -from_balance),
        *_earned(owner, -net, -tax),
        Leg(clearing, from_balance + net + tax),
    )
    return EntryDraft(EntryKind.REFUND, "refund", refund_id, legs, description, invoice_id)


def _earned(owner: Owner, net: Money, tax: Money) -> tuple[Leg, Leg]:
    """What the provider gains of a sale; negative amounts take it back."""
    provider = owner.provider_id
    return (
        Leg(AccountKey(AccountKind.REVENUE, provider, net.currency), net),
        Leg(AccountKey(AccountKind.TAX, provider, net.currency), tax),
    )


def draft_dispute(
    owner: Owner, dispute_id: int, amount: Money, clearing: AccountKey, description: str
) -> EntryDraft:
    """A bank took money back: the provider claims it from the client, who keeps the balance."""
    claim = AccountKey(AccountKind.DISPUTED, owner.provider_id, amount.currency, owner.client_id)
    return EntryDraft(
        EntryKind.DISPUTE, "dispute", dispute_id, transfer(claim, clearing, amount), description
    )


def draft_suspense(
    provider_id: int, receipt_id: int, amount: Money, clearing: AccountKey, description: str
) -> EntryDraft:
    """Money came for nothing that we know: it waits until a person assigns it."""
    suspense = AccountKey(AccountKind.SUSPENSE, provider_id, amount.currency)
    return EntryDraft(
        EntryKind.SUSPENSE, "receipt", receipt_id, transfer(clearing, suspense, amount), description
    )


def draft_assignment(owner: Owner, receipt_id: int, amount: Money, description: str) -> EntryDraft:
    """A person said whose the unmatched money is."""
    suspense = AccountKey(AccountKind.SUSPENSE, owner.provider_id, amount.currency)
    return EntryDraft(
        EntryKind.ASSIGNMENT, "receipt", receipt_id,
        transfer(suspense, owner.balance(amount.currency), amount), description,
    )  # fmt: skip


def draft_reversal(
    entry_id: int, source_type: str, source_id: int, legs: Sequence[Leg], description: str
) -> EntryDraft:
    """The mirror of an entry, naming it: the only way to take one back."""
    return EntryDraft(
        EntryKind.REVERSAL, source_type, source_id,
        tuple(Leg(leg.account, -leg.amount) for leg in legs), description,
        reverses_entry_id=entry_id,
    )  # fmt: skip


def clearing_of(provider_id: int, payment_method_id: int, currency: str) -> AccountKey:
    """The account of what a method's gateway owes us: what it took is negative there."""
    return AccountKey(AccountKind.CLEARING, provider_id, currency, None, payment_method_id)
