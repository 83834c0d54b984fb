"""Every error has one code, one status and one row in the reference."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import billing_hookspecs
import billing_kernel
from billing_hookspecs import BillingError
from billing_kernel.http.problems import INTERNAL, MALFORMED, RACE, REQUEST_CODES, status_of

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "errors.md"
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| (\d{3}) \| (\S.*) \|$", re.MULTILINE)
ELSEWHERE = (".migrations", ".testing", ".__main__", ".simulat")


def all_errors() -> list[type[BillingError]]:
    """Every class of errors in the contract and in the kernel."""
    for package in (billing_hookspecs, billing_kernel):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in ELSEWHERE):
                importlib.import_module(module.name)
    ours = ("billing_hookspecs.", "billing_kernel.")
    return [
        error
        for error in {BillingError, *_descendants(BillingError)}
        if error.__module__.startswith(ours)
    ]


def _descendants(base: type[BillingError]) -> Iterator[type[BillingError]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


def test_no_two_errors_share_a_code():
    """Programs decide by the code; two meanings of one would mislead them."""
    codes = Counter(error.code for error in all_errors())
    assert [code for code, count in codes.items() if count > 1] == []


def test_every_code_is_dotted_lower_case():
    """A few older families have one word; new ones say where they belong."""
    one_word = {"conflict", "forbidden", "in_use", "not_found", "too_many"}
    for error in all_errors():
        assert error.code in one_word or re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", error.code), error


def test_the_reference_has_every_code_with_its_status_and_no_other():
    """Whoever meets a code finds what to do, and finds nothing that doesn't exist."""
    documented = {code: int(status) for code, status, _ in ROW.findall(REFERENCE.read_text())}
    expected = {error.code: status_of(error).value for error in all_errors()}
    expected |= {code: int(status) for status, code in REQUEST_CODES.items()}
    expected |= {MALFORMED: 400, RACE: 409, INTERNAL: 500}
    assert documented == expected


def test_every_error_says_in_a_sentence_what_it_means():
    """The sentence is the title of its problems."""
    for error in all_errors():
        assert error.__doc__, error
        assert error.__doc__ is not BillingError.__doc__ or error is BillingError, error
