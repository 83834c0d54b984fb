"""Bank details: BIC, Russian accounts with their control key, IBAN.

A BIC of nine digits is Russian and its accounts are checked against it; any other is a BIC
of ISO 9362 (SWIFT). Every ``checked_*`` function returns the number without spaces, in
capitals, or raises ValueError that says what is wrong with it.
"""

import re
from collections.abc import Mapping

from stdnum import bic as swift
from stdnum import iban
from stdnum.exceptions import InvalidChecksum, ValidationError

from billing_hookspecs import FieldError

NAMES = ("recipient", "bank_name")
NUMBERS = ("bic", "account", "correspondent_account", "iban")
BANK_FIELDS = NAMES + NUMBERS

_RUSSIAN_BIC = re.compile(r"[0-2]\d{8}", re.ASCII)
_RUSSIAN_ACCOUNT = re.compile(r"\d{20}", re.ASCII)
_FOREIGN_ACCOUNT = re.compile(r"[0-9A-Z]{1,34}", re.ASCII)
_WEIGHTS = (7, 1, 3)
_BANK_OF_RUSSIA = frozenset({"000", "001", "002"})
_OF_BANKS = "301"
_OF_TREASURY = "40102"
_IN_TREASURY = "03"


def checked_bank(given: Mapping[str, str], pointer: str) -> tuple[dict[str, str], list[FieldError]]:
    """Bank details without what is blank, and everything that is wrong with them."""
    details = {name: text.strip() for name, text in given.items() if text.strip()}
    errors = []
    for name in NUMBERS:
        if name not in details:
            continue
        try:
            details[name] = _checked(name, details)
        except ValueError as error:
            errors.append(FieldError(f"{pointer}/{name}", str(error)))
    return details, errors


def checked_bic(code: str) -> str:
    """A Russian BIC of nine digits, or one of ISO 9362 with eight or eleven characters."""
    compact = _compact(code)
    if is_russian(compact):
        return compact
    if compact.isdecimal():
        raise ValueError("a Russian BIC has 9 digits, the first of them 0, 1 or 2")
    try:
        return str(swift.validate(compact))
    except ValidationError:
        raise ValueError("must be a BIC: 9 digits in Russia, elsewhere such as DEUTDEFF") from None


def checked_account(number: str, bic: str) -> str:
    """A checking account at the bank with this (checked) BIC.

    In Russia the ninth digit is a key over the bank's number and the account, by the Bank of
    Russia's rule 515 of 1997; it catches every single wrong digit of the account and of the
    bank's number. Accounts of budgets in the treasury (03...) have no key.
    """
    compact = _compact(number)
    if not is_russian(bic):
        return _checked_foreign(compact)
    _check_length(compact)
    if compact.startswith(_OF_BANKS):
        raise ValueError("is a correspondent account (301...): write the payer's own account")
    if not compact.startswith(_IN_TREASURY):
        _check_key(_number_of_bank(bic), compact)
    return compact


def checked_correspondent_account(number: str, bic: str) -> str:
    """The account of the bank with this (checked) BIC at the Bank of Russia.

    It begins with 301 and ends in the last three digits of the BIC; its key is over the number
    of the Bank of Russia's branch. The treasury's accounts (40102...) end as they like.
    """
    compact = _compact(number)
    if not is_russian(bic):
        return _checked_foreign(compact)
    _check_length(compact)
    if not compact.startswith(_OF_TREASURY):
        if not compact.startswith(_OF_BANKS):
            raise ValueError("must begin with 301, as correspondent accounts do")
        if not compact.endswith(bic[-3:]):
            raise ValueError(f"must end in {bic[-3:]}, the last three digits of the BIC")
    _check_key(_number_of_branch(bic), compact)
    return compact


def checked_iban(number: str) -> str:
    """An IBAN with the length and form of its country; a wrong digit never passes."""
    try:
        return str(iban.validate(_compact(number)))
    except InvalidChecksum:
        raise ValueError("has wrong check digits: compare it with the original") from None
    except ValidationError:
        raise ValueError("must be an IBAN, such as DE89 3704 0044 0532 0130 00") from None


def is_russian(bic: str) -> bool:
    """True for a BIC of the Bank of Russia's directory."""
    return _RUSSIAN_BIC.fullmatch(bic) is not None


def control_sum(prefix: str, account: str) -> int:
    """The last digit of the weighted sum over three digits and an account: 0 where all is right."""
    digits = [int(digit) for digit in prefix + account]
    return sum(digit * _WEIGHTS[index % 3] for index, digit in enumerate(digits)) % 10


def _checked(name: str, details: Mapping[str, str]) -> str:
    value = details[name]
    if name == "bic":
        return checked_bic(value)
    if name == "iban":
        return checked_iban(value)
    if "bic" not in details:
        raise ValueError("needs the BIC of its bank")
    check = checked_account if name == "account" else checked_correspondent_account
    return check(value, _compact(details["bic"]))


def _check_length(account: str) -> None:
    if not _RUSSIAN_ACCOUNT.fullmatch(account):
        raise ValueError("must have 20 digits at a bank with a Russian BIC")


def _check_key(prefix: str, account: str) -> None:
    if control_sum(prefix, account):
        raise ValueError("doesn't fit the BIC: the control key is wrong, compare both")


def _number_of_bank(bic: str) -> str:
    return _number_of_branch(bic) if bic[-3:] in _BANK_OF_RUSSIA else bic[-3:]


def _number_of_branch(bic: str) -> str:
    return f"0{bic[4:6]}"


def _checked_foreign(account: str) -> str:
    if not _FOREIGN_ACCOUNT.fullmatch(account):
        raise ValueError("must be 1 to 34 letters and digits")
    return account


def _compact(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()
