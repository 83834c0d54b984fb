"""What every use case is given: the parts that ``bootstrap`` wired."""

from dataclasses import dataclass

from billing_kernel.clock import Clock
from billing_kernel.database import Database
from billing_kernel.extensions import Extensions
from billing_kernel.sealing import KeyRing
from billing_kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Kernel:
    """One running installation."""

    settings: Settings
    database: Database
    extensions: Extensions
    clock: Clock
    keys: KeyRing
