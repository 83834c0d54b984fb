"""Broken: the entry point names an instance."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="not_a_class", title="Not a class", api=">=1.0,<2")


plugin = Plugin()
