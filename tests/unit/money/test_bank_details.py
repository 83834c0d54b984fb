"""Bank details: a wrong digit is caught here, not by the bank days later."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import iban as iban_standard

from billing_kernel.domain.bank_details import (
    checked_account,
    checked_bank,
    checked_bic,
    checked_correspondent_account,
    checked_iban,
    control_sum,
)

DIGITS = "0123456789"


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=length, max_size=length)


def with_key(prefix: str, account: str) -> str:
    """The account with the only ninth digit that fits: three is coprime to ten."""
    candidates = [f"{account[:8]}{key}{account[9:]}" for key in DIGITS]
    (fitting,) = [number for number in candidates if control_sum(prefix, number) == 0]
    return fitting


def with_wrong_digit(number: str, place: int, shift: int) -> str:
    wrong = (int(number[place]) + shift) % 10
    return f"{number[:place]}{wrong}{number[place + 1 :]}"


russian_bics = st.builds(lambda rest: f"04{rest}", digits(7)).filter(lambda bic: bic[-3:] > "002")
shifts = st.integers(1, 9)


@pytest.mark.parametrize(
    ("bic", "account"),
    [
        ("049805746", "40602810700000000025"),
        ("044525225", "40702810638050013199"),
        ("049805000", with_key("005", "40102810000000010001")),
    ],
    ids=["the rule's own example", "a bank", "a branch of the Bank of Russia"],
)
def test_accounts_that_fit_their_bank_are_taken(bic: str, account: str) -> None:
    """The example is the one that the Bank of Russia gives in its rule."""
    assert checked_account(account, bic) == account


@pytest.mark.parametrize(
    ("bic", "account"),
    [
        ("049805746", "30101810800000000746"),
        ("044525225", "30101810400000000225"),
        ("044525974", "30101810145250000974"),
        ("017003983", "40102810445370000059"),
        ("004525988", "40102810545370000003"),
    ],
)
def test_correspondent_accounts_that_fit_their_bank_are_taken(bic: str, account: str) -> None:
    """Banks' accounts begin with 301; the treasury's single account with 40102 is real too."""
    assert checked_correspondent_account(account, bic) == account


@given(bic=russian_bics, tail=digits(18), place=st.integers(0, 19), shift=shifts)
def test_one_wrong_digit_of_a_russian_account_never_passes(
    bic: str, tail: str, place: int, shift: int
) -> None:
    """All weights are coprime to ten, so the scheme promises this for every digit."""
    account = with_key(bic[-3:], f"40{tail}")
    assert checked_account(account, bic) == account
    with pytest.raises(ValueError):
        checked_account(with_wrong_digit(account, place, shift), bic)


@given(bic=russian_bics, tail=digits(18), place=st.integers(6, 8), shift=shifts)
def test_one_wrong_digit_of_the_banks_number_never_passes(
    bic: str, tail: str, place: int, shift: int
) -> None:
    """The key covers the last three digits of the BIC too: the account belongs to this bank."""
    account = with_key(bic[-3:], f"40{tail}")
    other = with_wrong_digit(bic, place, shift)
    assume(other[-3:] > "002")
    with pytest.raises(ValueError, match="control key"):
        checked_account(account, other)


@given(bic=russian_bics, middle=digits(14), place=st.integers(0, 19), shift=shifts)
def test_one_wrong_digit_of_a_correspondent_account_never_passes(
    bic: str, middle: str, place: int, shift: int
) -> None:
    """Prefix, ending and key together leave no place where a slip could hide."""
    account = with_key(f"0{bic[4:6]}", f"301{middle}{bic[-3:]}")
    assert checked_correspondent_account(account, bic) == account
    with pytest.raises(ValueError):
        checked_correspondent_account(with_wrong_digit(account, place, shift), bic)


@given(bban=digits(18), place=st.integers(2, 21), shift=shifts)
def test_one_wrong_digit_of_an_iban_never_passes(bban: str, place: int, shift: int) -> None:
    """Check digits modulo 97 catch every single digit; Germany adds no check of its own."""
    number = f"DE{iban_standard.calc_check_digits(f'DExx{bban}')}{bban}"
    assert checked_iban(number) == number
    with pytest.raises(ValueError):
        checked_iban(with_wrong_digit(number, place, shift))


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        ("4060281070000000002", "20 digits"),
        ("4060281070000000002x", "20 digits"),
        ("30101810800000000746", "correspondent account"),
        ("40602810800000000025", "control key"),
    ],
)
def test_a_wrong_account_is_told_what_is_wrong(account: str, complaint: str) -> None:
    """People copy the wrong one of two numbers; the message must say which one is wanted."""
    with pytest.raises(ValueError, match=complaint):
        checked_account(account, "049805746")


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        ("40602810700000000025", "begin with 301"),
        ("30101810800000000747", "end in 746"),
        ("30101810700000000746", "control key"),
    ],
)
def test_a_wrong_correspondent_account_is_told_what_is_wrong(account: str, complaint: str) -> None:
    """Each of the three rules has its own message."""
    with pytest.raises(ValueError, match=complaint):
        checked_correspondent_account(account, "049805746")


def test_budgets_in_the_treasury_have_accounts_without_a_key() -> None:
    """Public bodies are customers too; their accounts (03...) follow another scheme."""
    assert checked_account("03100643000000018500", "017003983")


@pytest.mark.parametrize("bic", ["044525225", "DEUTDEFF", "deutdeff500", " DEUT DE FF "])
def test_russian_and_international_bics_are_taken(bic: str) -> None:
    """Which scheme an account has to satisfy follows from the BIC."""
    assert checked_bic(bic) == bic.replace(" ", "").upper()


@pytest.mark.parametrize("bic", ["44525225", "944525225", "DEUTZZFF", "DEUTDEF", "044525225x", ""])
def test_what_is_no_bic_is_refused(bic: str) -> None:
    """Nine digits beginning with 0, 1 or 2, or eight or eleven characters with a country."""
    with pytest.raises(ValueError):
        checked_bic(bic)


def test_numbers_lose_spaces_and_blank_fields_are_left_out() -> None:
    """What is stored is what a bank's form takes."""
    given_details = {
        "recipient": " OOO Romashka ",
        "bank_name": "",
        "bic": "0498 05746",
        "account": "406028107 00000 000025",
        "iban": "de89 3704 0044 0532 0130 00",
    }
    details, errors = checked_bank(given_details, "/bank")
    assert errors == []
    assert details == {
        "recipient": "OOO Romashka",
        "bic": "049805746",
        "account": "40602810700000000025",
        "iban": "DE89370400440532013000",
    }


def test_every_wrong_field_is_named_at_once() -> None:
    """A form that is corrected one field at a time is filled in by nobody."""
    _, errors = checked_bank(
        {"bic": "049805746", "account": "1", "correspondent_account": "2", "iban": "3"}, "/bank"
    )
    assert [error.pointer for error in errors] == [
        "/bank/account",
        "/bank/correspondent_account",
        "/bank/iban",
    ]


def test_an_account_without_its_bic_is_refused() -> None:
    """Nothing could check it, and no bank could find it."""
    _, errors = checked_bank({"account": "40602810700000000025"}, "/bank")
    assert [(error.pointer, error.detail) for error in errors] == [
        ("/bank/account", "needs the BIC of its bank")
    ]


def test_accounts_elsewhere_are_letters_and_digits() -> None:
    """Other countries have schemes of their own; only nonsense is refused."""
    assert checked_account("12-3456 789", "CHASUS33") == "123456789"
    with pytest.raises(ValueError, match="34"):
        checked_correspondent_account("x" * 35, "CHASUS33")
