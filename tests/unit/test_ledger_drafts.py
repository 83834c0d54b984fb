"""Drafts of ledger entries: whatever may be written sums to zero, in every currency."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Money
from billing_kernel.domain import ledger
from billing_kernel.domain.ledger import (
    GUARDED,
    AccountKey,
    AccountKind,
    EntryDraft,
    EntryKind,
    Leg,
    Owner,
    UnbalancedEntryError,
    balanced,
    clearing_of,
    draft_adjustment,
    draft_assignment,
    draft_charge,
    draft_credit,
    draft_dispute,
    draft_earning,
    draft_hold,
    draft_receipt,
    draft_release,
    draft_repayment,
    draft_reversal,
    draft_suspense,
    transfer,
)

OWNER = Owner(provider_id=1, client_id=7)
CURRENCIES = ("RUB", "EUR", "JPY")

currencies = st.sampled_from(CURRENCIES)
small_amounts = st.integers(-3, 3)
positive = st.integers(1, 10**15)
accounts = st.builds(
    AccountKey, st.sampled_from(AccountKind), st.integers(1, 2), currencies, st.integers(1, 2)
)


@st.composite
def any_drafts(draw: st.DrawFn) -> EntryDraft:
    """Drafts of few small legs, so that balanced ones are common among them."""
    keys = draw(st.lists(accounts, max_size=5))
    legs = [
        Leg(key, Money(draw(small_amounts), draw(st.just(key.currency) | currencies)))
        for key in keys
    ]
    return EntryDraft(EntryKind.ADJUSTMENT, "test", 1, tuple(legs))


def totals(draft: EntryDraft) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for leg in draft.legs:
        sums[leg.account.currency] += leg.amount.amount_minor
    return sums


@given(any_drafts())
def test_what_passes_sums_to_zero_and_what_does_not_is_refused(draft: EntryDraft) -> None:
    """The one gate before the database: no money appears, vanishes or changes its currency."""
    legs = tuple(leg for leg in draft.legs if leg.amount)
    pure = all(leg.amount.currency == leg.account.currency for leg in legs)
    fair = pure and len(legs) >= 2 and not any(totals(draft).values())
    if not fair:
        with pytest.raises(UnbalancedEntryError):
            balanced(draft)
    else:
        assert balanced(draft) == replace(draft, legs=legs)
        assert all(leg.amount for leg in balanced(draft).legs)


@given(amount=positive, currency=currencies)
def test_a_transfer_takes_from_one_what_it_gives_the_other(amount: int, currency: str) -> None:
    """Which side loses decides who is charged."""
    payer, receiver = OWNER.balance(currency), OWNER.held(currency)
    assert transfer(payer, receiver, Money(amount, currency)) == (
        Leg(payer, Money(-amount, currency)),
        Leg(receiver, Money(amount, currency)),
    )


@given(amount=st.integers(-(10**15), 0))
def test_a_transfer_of_nothing_or_backwards_is_refused(amount: int) -> None:
    """A negative payment would take money from the client it is credited to."""
    with pytest.raises(UnbalancedEntryError):
        transfer(OWNER.balance("RUB"), OWNER.held("RUB"), Money(amount, "RUB"))


@given(amount=positive, currency=currencies)
def test_a_receipt_credits_the_client_through_its_method(amount: int, currency: str) -> None:
    """The clearing account of the method must show what the gateway owes us, or has paid out."""
    money = Money(amount, currency)
    draft = balanced(draft_receipt(OWNER, 5, 3, money, "Payment 5"))
    assert (draft.kind, draft.source_type, draft.source_id) == (EntryKind.PAYMENT, "payment", 5)
    clearing = AccountKey(AccountKind.CLEARING, 1, currency, None, 3)
    assert set(draft.legs) == {Leg(OWNER.balance(currency), money), Leg(clearing, -money)}


@given(amount=positive, currency=currencies)
def test_a_hold_moves_the_balance_into_held_funds_and_a_release_back(
    amount: int, currency: str
) -> None:
    """A refusal must give back exactly what paying took."""
    money = Money(amount, currency)
    hold = balanced(draft_hold(OWNER, 9, money, "Invoice 9"))
    release = balanced(draft_release(OWNER, 4, money, "Refused", 9, 2))
    there = {leg.account: leg.amount for leg in hold.legs}
    back = {leg.account: -leg.amount for leg in release.legs}
    assert there == back == {OWNER.balance(currency): -money, OWNER.held(currency): money}
    assert (hold.source_type, hold.source_id, hold.invoice_id) == ("invoice", 9, 9)
    assert (release.source_type, release.source_id) == ("invoice_line", 4)
    assert (release.invoice_id, release.service_id) == (9, 2)


@given(net=st.integers(0, 10**15), tax=st.integers(0, 10**15), currency=currencies)
def test_an_earning_splits_what_was_held_into_revenue_and_tax(
    net: int, tax: int, currency: str
) -> None:
    """What was held for a line leaves wholly: a kopeck left behind would never be explained."""
    draft = draft_earning(OWNER, 4, Money(net, currency), Money(tax, currency), "Line", 9, 2)
    if net + tax == 0:
        with pytest.raises(UnbalancedEntryError):
            balanced(draft)
        return
    moved = {leg.account.kind: leg.amount.amount_minor for leg in balanced(draft).legs}
    expected = {AccountKind.HELD: -(net + tax), AccountKind.REVENUE: net, AccountKind.TAX: tax}
    assert moved == {kind: amount for kind, amount in expected.items() if amount}
    assert (draft.source_type, draft.source_id, draft.service_id) == ("invoice_line", 4, 2)


@given(amount=st.integers(-(10**15), 10**15).filter(bool), currency=currencies)
def test_an_adjustment_may_go_either_way(amount: int, currency: str) -> None:
    """Corrections take money too; plus is the client's gain."""
    draft = balanced(draft_adjustment(OWNER, 8, Money(amount, currency), "Correction"))
    moved = {leg.account.kind: leg.amount.amount_minor for leg in draft.legs}
    assert moved == {AccountKind.BALANCE: amount, AccountKind.ADJUSTMENT: -amount}


Drafter = Callable[[Money], EntryDraft]

DRAFTERS: dict[str, Drafter] = {
    "draft_receipt": lambda money: draft_receipt(OWNER, 5, 3, money, ""),
    "draft_hold": lambda money: draft_hold(OWNER, 9, money, ""),
    "draft_earning": lambda money: draft_earning(OWNER, 4, money, money, "", 9, 2),
    "draft_charge": lambda money: draft_charge(OWNER, 4, money, money, "", 2),
    "draft_release": lambda money: draft_release(OWNER, 4, money, "", 9, 2),
    "draft_adjustment": lambda money: draft_adjustment(OWNER, 8, money, ""),
    "draft_credit": lambda money: draft_credit(OWNER, 6, money, money, "", 9),
    "draft_repayment": lambda money: draft_repayment(
        OWNER, 6, money, money, money, clearing_of(1, 3, money.currency), "", 9
    ),
    "draft_dispute": lambda money: draft_dispute(
        OWNER, 5, money, clearing_of(1, 3, money.currency), ""
    ),
    "draft_suspense": lambda money: draft_suspense(
        1, 2, money, clearing_of(1, 3, money.currency), ""
    ),
    "draft_assignment": lambda money: draft_assignment(OWNER, 2, money, ""),
    "draft_reversal": lambda money: draft_reversal(
        1, "invoice", 9, draft_hold(OWNER, 9, money, "").legs, ""
    ),
}


@pytest.mark.parametrize("name", DRAFTERS)
@given(amount=positive, currency=currencies)
def test_every_draft_balances(name: str, amount: int, currency: str) -> None:
    """Each way in which money can move, for any amount."""
    draft = DRAFTERS[name](Money(amount, currency))
    assert balanced(draft) == draft
    assert any(leg.amount.amount_minor >= amount for leg in draft.legs)


def test_every_way_to_draft_an_entry_is_tried() -> None:
    """A new kind of movement must not escape the test above."""
    assert {name for name in vars(ledger) if name.startswith("draft_")} == set(DRAFTERS)


@given(any_drafts())
def test_a_reversal_undoes_its_entry_and_names_it(draft: EntryDraft) -> None:
    """Entry and reversal together leave every account as it was."""
    reversal = draft_reversal(12, draft.source_type, draft.source_id, draft.legs, "")
    assert reversal.reverses_entry_id == 12
    left: dict[AccountKey, int] = defaultdict(int)
    for leg in (*draft.legs, *reversal.legs):
        left[leg.account] += leg.amount.amount_minor
    assert not any(left.values())


def test_only_what_belongs_to_clients_is_guarded() -> None:
    """Clearing and revenue may be negative by nature; a client's money never may."""
    assert {AccountKind.BALANCE, AccountKind.HELD} == GUARDED


def test_amounts_in_another_currency_than_their_account_are_refused() -> None:
    """A pair of such legs sums to zero and would still swap roubles for euros."""
    legs = (
        Leg(OWNER.balance("RUB"), Money(-5, "EUR")),
        Leg(OWNER.held("RUB"), Money(5, "EUR")),
    )
    with pytest.raises(UnbalancedEntryError, match="another currency"):
        balanced(EntryDraft(EntryKind.HOLD, "invoice", 1, legs))
