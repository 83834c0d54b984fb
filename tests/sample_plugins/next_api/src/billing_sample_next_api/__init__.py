"""Broken: written for the next version of the contract."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="next_api", title="Next API", api=">=2,<3")

    def __init__(self) -> None:
        raise RuntimeError("a plugin for another contract must not be constructed")
