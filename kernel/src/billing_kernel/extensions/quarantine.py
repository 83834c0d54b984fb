"""Why plugins are set aside: stable reason codes, each with its cure in the reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

TEXT_LENGTH_MAX = 1000


class Reason(StrEnum):
    """Reason codes; docs/reference/quarantine.md explains every one."""

    SAFE_MODE = "plugin.safe_mode"
    NAME_REPEATED = "plugin.name_repeated"
    IMPORT_FAILED = "plugin.import_failed"
    NOT_A_CLASS = "plugin.not_a_class"
    MANIFEST_MISSING = "plugin.manifest_missing"
    MANIFEST_INVALID = "plugin.manifest_invalid"
    NAME_MISMATCH = "plugin.name_mismatch"
    API_RANGE_INVALID = "plugin.api_range_invalid"
    API_UNSUPPORTED = "plugin.api_unsupported"
    CONSTRUCTION_FAILED = "plugin.construction_failed"
    EQUALITY_DEFINED = "plugin.equality_defined"
    HOOK_UNKNOWN = "plugin.hook_unknown"
    HOOK_UNMARKED = "plugin.hook_unmarked"
    HOOK_NOT_PLAIN = "plugin.hook_not_plain"
    HOOK_ARGUMENTS = "plugin.hook_arguments"
    REGISTRATION_FAILED = "plugin.registration_failed"
    REGISTRATION_INVALID = "plugin.registration_invalid"
    DRIVER_INVALID = "plugin.driver_invalid"
    DRIVER_REPEATED = "plugin.driver_repeated"
    PRODUCT_TYPE_UNKNOWN = "plugin.product_type_unknown"
    REPEATED_FAULTS = "plugin.repeated_faults"


class Quarantined(Exception):
    """The finding that ends a plugin's examination: a stable reason and a text for people."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text[:TEXT_LENGTH_MAX]


@contextmanager
def quarantining(reason: Reason, doing: str) -> Iterator[None]:
    """Turn whatever foreign code raises in the block into Quarantined.

    Importing a plugin may well raise SystemExit or worse: the kernel must start all the same.
    """
    try:
        yield
    except (Quarantined, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Quarantined(reason, f"{doing}: {described(error)}") from error


def described(error: BaseException) -> str:
    """Class and text of a foreign exception, even of one whose text can't be had."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ is foreign code too
        text = ""
    name = type(error).__name__
    return f"{name}: {text}" if text else name
