"""Broken: says nothing of itself."""


class Plugin:
    pass
