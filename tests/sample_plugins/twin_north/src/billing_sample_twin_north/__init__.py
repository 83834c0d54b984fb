"""Broken: its name is also that of the other twin."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="twin", title="Twin of the north", api=">=1.0,<2")
