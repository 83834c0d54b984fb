"""Broken: imports what isn't installed."""

import billing_sample_that_nobody_installed

from billing_hookspecs import PluginManifest


class Plugin:
    MANIFEST = PluginManifest(name="missing_import", title="Missing import", api=">=1.0,<2")
    needs = billing_sample_that_nobody_installed
