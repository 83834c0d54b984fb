"""What a plugin says of itself."""

from dataclasses import dataclass

from billing_hookspecs.values import Value


@dataclass(frozen=True, slots=True)
class PluginManifest(Value):
    """Identity of a plugin and the contract it was written for.

    ``name`` equals the entry point's name and the folder's: lower-case snake case.
    ``api`` is a version range of ``billing-hookspecs``, such as ``>=1.0,<2``; a plugin
    outside the running version is quarantined, not loaded.
    """

    name: str
    title: str
    api: str
