"""What can be checked of every driver without an upstream: its name, fields and capabilities."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from billing_hookspecs.errors import CapabilityMissingError
from billing_hookspecs.fields import FieldKind, FormField, check_fields, json_schema
from billing_hookspecs.values import LocalizedText

CALL_TIMEOUT_MAX_S = 600
KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SECRET_NAME = re.compile(r"(^|_)(password|passphrase|secret|token|api_key|secret_key|private_key)")
_URL_NAME = re.compile(r"(^|_)url$|^api_base$")


def assert_key(key: str, what: str) -> None:
    assert KEY.fullmatch(key), f"{what} {key!r} should be lower-case snake case"


def assert_title(title: LocalizedText, what: str) -> None:
    assert title.get("en"), f"{what} has no English title"
    assert all(text.strip() for text in title.values()), f"{what} has an empty title"


def assert_form(form: Sequence[FormField], what: str) -> None:
    """Assert that a form can be drawn, and that its defaults pass its own checks."""
    names = [field.name for field in form]
    assert len(names) == len(set(names)), f"{what} has two fields of one name"
    for field in form:
        where = f"field {field.name!r} of {what}"
        assert_key(field.name, where)
        assert_title(field.title, where)
        assert bool(field.choices) == (field.kind is FieldKind.CHOICE), f"{where}: choices"
        assert field.length_max > 0, f"{where} allows no characters"
        if field.default is not None:
            _, errors = check_fields((field,), {field.name: field.default})
            assert not errors, f"the default of {where} {errors[0].detail}"
    assert set(json_schema(form)["properties"]) == set(names)


def assert_settings(settings: Sequence[FormField], what: str) -> None:
    """Assert that addresses and secrets among the settings are declared as such."""
    for field in settings:
        where = f"setting {field.name!r} of {what}"
        if _URL_NAME.search(field.name):
            assert field.kind is FieldKind.URL, f"{where} should be FieldKind.URL"
        if _SECRET_NAME.search(field.name):
            assert field.kind is FieldKind.SECRET, f"{where} should be FieldKind.SECRET"
        if field.kind is FieldKind.SECRET:
            assert field.default is None, f"{where} has a default, so everybody knows it"


def is_overridden(driver: object, method: str) -> bool:
    """Whether the driver's class has a ``method`` of its own."""
    base = next(it for it in type(driver).__mro__[::-1] if method in vars(it))
    return getattr(type(driver), method) is not vars(base)[method]


def assert_refused(call: Callable[[], object], claim: str) -> None:
    """Assert that a call of what isn't declared says so, and does nothing else."""
    try:
        call()
    except CapabilityMissingError:
        return
    except Exception as error:
        raise AssertionError(f"{claim} isn't declared, yet calling it gave {error!r}") from error
    raise AssertionError(f"{claim} isn't declared, yet it can be called")


def checked_settings(fields: Sequence[FormField], given: dict[str, Any]) -> dict[str, Any]:
    """``given`` as the kernel would hand it over, secrets wrapped; fails on what is invalid."""
    values, errors = check_fields(fields, given)
    assert not errors, f"the fixture settings is not what the driver declares: {errors}"
    return values
