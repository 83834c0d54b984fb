"""Broken: its API range is none."""

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="unreadable_range", title="Unreadable range", api="1.x")
