"""Bank transfers: what the payer is told decides whether the money can be recognised."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import (
    Context,
    FetchPayment,
    GatewayCapability,
    Money,
    PaymentStarted,
    StartPayment,
    check_fields,
)
from billing_hookspecs.errors import CapabilityMissingError
from billing_payment_gateways.bank_transfer.gateway import BankTransfer
from billing_payment_gateways.bank_transfer.instructions import payment_purpose

RUSSIAN = {
    "recipient": "Example Hosting LLC",
    "bank_name": "Example Bank",
    "bic": "044525225",
    "account": "40702810900000000001",
    "correspondent_account": "30101810400000000225",
}
EUROPEAN = {
    "recipient": "Example Hosting GmbH",
    "bank_name": "Example Bank",
    "bic": "COBADEFFXXX",
    "iban": "DE89 3704 0044 0532 0130 00",
}


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    values, errors = check_fields(BankTransfer.settings, given)
    assert errors == []
    return values


def test_the_payer_is_told_everything_that_a_bank_asks_for(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """A transfer that misses one of these comes back, or comes without a name."""
    context = context_with(**settings_of(RUSSIAN))
    text = BankTransfer().start_payment(payment_of(129900), context).instructions
    assert text.splitlines()[:-1] == [
        "Amount: 1299.00 RUB",
        "Recipient: Example Hosting LLC",
        "Bank name: Example Bank",
        "BIC: 044525225",
        "Account: 40702810900000000001",
        "Correspondent account: 30101810400000000225",
        "Payment purpose: b1-p7",
    ]


def test_an_iban_stands_where_there_is_no_local_account(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """An empty line for an account that isn't there would be copied into the bank's form."""
    context = context_with(**settings_of(EUROPEAN))
    text = BankTransfer().start_payment(payment_of(1500, "EUR"), context).instructions
    assert "IBAN: DE89 3704 0044 0532 0130 00" in text
    assert "Account" not in text
    assert "Correspondent" not in text


def test_payers_are_told_in_their_language(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """Instructions go to people as they are; nobody translates them later."""
    context = context_with(language="ru", **settings_of(RUSSIAN))
    text = BankTransfer().start_payment(payment_of(), context).instructions
    assert "Расчётный счёт: 40702810900000000001" in text
    assert "Назначение платежа: b1-p7" in text


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(1500, "JPY"), "1500 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
    ],
)
def test_the_amount_has_the_currency_s_own_decimals(
    amount: Money,
    shown: str,
    context_with: Callable[..., Context],
    payment_of: Callable[..., StartPayment],
) -> None:
    """The payer types this number; a wrong place of the point is a wrong sum."""
    context = context_with(**settings_of(EUROPEAN))
    text = BankTransfer().start_payment(payment_of(amount=amount), context).instructions
    assert text.splitlines()[0] == f"Amount: {shown}"


def test_starting_twice_tells_the_same_and_opens_nothing(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """A start is repeated after a crash: there must be one payment and one set of details."""
    context = context_with(**settings_of(RUSSIAN))
    first = BankTransfer().start_payment(payment_of(), context)
    again = BankTransfer().start_payment(payment_of(), context)
    assert first == again
    assert first == PaymentStarted(instructions=first.instructions)


def test_an_administrator_s_purpose_text_carries_the_reference(
    context_with: Callable[..., Context], payment_of: Callable[..., StartPayment]
) -> None:
    """Accountants want their own words; the reference still is what the payment is found by."""
    purpose = "Hosting services, @DESCRIPTION@, no. @REFERENCE@"
    context = context_with(**settings_of(RUSSIAN | {"purpose": purpose}))
    text = BankTransfer().start_payment(payment_of(), context).instructions
    assert "Payment purpose: Hosting services, Invoice 12, no. b1-p7\n" in text


@given(description=st.text(max_size=400))
def test_a_long_description_is_cut_and_the_reference_never(description: str) -> None:
    """Banks cut long purposes at the end, which is where the reference would be lost."""
    purpose = payment_purpose("@DESCRIPTION@ / @REFERENCE@", "b1-p7", description)
    assert purpose.endswith("/ b1-p7")
    assert len(purpose) <= 140
    assert "\n" not in purpose


def test_a_description_that_looks_like_a_macro_stays_as_it_is() -> None:
    """A client's order name must not be able to write another payment's reference."""
    purpose = payment_purpose("@DESCRIPTION@ @REFERENCE@", "b1-p7", "@REFERENCE@")
    assert purpose == "@REFERENCE@ b1-p7"


@pytest.mark.parametrize("complete", [RUSSIAN, EUROPEAN], ids=["account", "iban"])
def test_complete_settings_are_accepted(complete: dict[str, str]) -> None:
    """Both ways of naming an account are enough by themselves."""
    assert BankTransfer().check_settings(settings_of(complete)) == ()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"account": "", "correspondent_account": ""}, "/account"),
        ({"iban": "DE89 3704 0044 0532 0130 01"}, "/iban"),
        ({"purpose": "For hosting"}, "/purpose"),
    ],
)
def test_settings_that_would_lose_money_are_refused(changes: dict[str, str], pointer: str) -> None:
    """An account number with a typing error sends clients' money to somebody else."""
    errors = BankTransfer().check_settings(settings_of(RUSSIAN | changes))
    assert [error.pointer for error in errors] == [pointer]


def test_a_payer_s_bank_is_described_by_the_verification_fields() -> None:
    """Recipient, bank, BIC, account and correspondent account verify a company as a payer."""
    names = [field.name for field in BankTransfer.payer_fields]
    assert names[:5] == ["recipient", "bank_name", "bic", "account", "correspondent_account"]
    _, errors = check_fields(BankTransfer.payer_fields, {})
    assert [error.pointer for error in errors] == ["/recipient", "/bank_name", "/bic"]


def test_only_people_can_say_that_a_transfer_came(context_with: Callable[..., Context]) -> None:
    """Anything that this driver answered by itself would be invented."""
    assert BankTransfer.capabilities == {GatewayCapability.CONFIRMED_BY_HAND}
    with pytest.raises(CapabilityMissingError):
        BankTransfer().fetch_payment(
            FetchPayment(payment_id=7, reference="b1-p7", amount=Money(1, "EUR")), context_with()
        )
