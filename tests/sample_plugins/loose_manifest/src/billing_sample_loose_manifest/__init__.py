"""Broken: the manifest is a plain dict."""


class Plugin:
    MANIFEST = {"name": "loose_manifest", "title": "Loose manifest", "api": ">=1.0,<2"}
