"""Broken: the manifest has another name than the entry point."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="some_name", title="Other name", api=">=1.0,<2")
