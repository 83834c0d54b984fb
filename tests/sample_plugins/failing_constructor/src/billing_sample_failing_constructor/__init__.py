"""Broken: can't be constructed."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(
        name="failing_constructor", title="Failing constructor", api=">=1.0,<2"
    )

    def __init__(self) -> None:
        raise LookupError("no configuration file")
