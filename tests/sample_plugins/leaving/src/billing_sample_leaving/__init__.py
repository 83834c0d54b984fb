"""Broken: ends the process while it is imported."""

import sys

from billing_hookspecs import PluginManifest

sys.exit("this machine has no licence for me")


class Plugin:
    MANIFEST = PluginManifest(name="leaving", title="Leaving", api=">=1.0,<2")
