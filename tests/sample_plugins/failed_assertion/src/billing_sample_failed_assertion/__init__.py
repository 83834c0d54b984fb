"""Broken: asserts something wrong while it is imported."""

from billing_hookspecs import API_VERSION, PluginManifest

assert API_VERSION == "0.9", "written for a preview"


class Plugin:
    MANIFEST = PluginManifest(name="failed_assertion", title="Failed assertion", api=">=0.9,<1")
