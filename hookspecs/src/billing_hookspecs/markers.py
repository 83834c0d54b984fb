"""Markers and names by which plugins and kernel find each other."""

from typing import Final

import pluggy

PROJECT: Final = "billing"
ENTRY_POINT_GROUP: Final = "billing.plugins"
API_VERSION: Final = "1.0"

spec = pluggy.HookspecMarker(PROJECT)
impl = pluggy.HookimplMarker(PROJECT)
