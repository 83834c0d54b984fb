"""Icons as data URIs: small pictures that travel with what they belong to."""

import base64
import binascii
import re
from typing import Final

ICON_MAX_BYTES: Final = 64 * 1024
BEGINNINGS: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
"""Raster formats, and what their files begin with."""

SVG: Final = "image/svg+xml"
_DATA_URI: Final = re.compile(r"data:([a-z]+/[a-z+]+);base64,([A-Za-z0-9+/]+={0,2})")
_ACTIVE: Final = re.compile(
    rb"<script|<foreignobject|<!doctype|<!entity|<iframe|javascript:|[\s/\"']on[a-z]+\s*=", re.I
)
"""What in a drawing acts instead of being seen."""


def icon_error(icon: str) -> str | None:
    """What is wrong with an icon; None for a good one, or none at all ("")."""
    if not icon:
        return None
    match = _DATA_URI.fullmatch(icon)
    if match is None or match[1] not in (*BEGINNINGS, SVG):
        kinds = ", ".join((*BEGINNINGS, SVG))
        return f'must be a data URI "data:<type>;base64,<content>" of {kinds}'
    try:
        content = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        return "has no base64 that can be read"
    if len(content) > ICON_MAX_BYTES:
        return f"must be at most {ICON_MAX_BYTES // 1024} KiB large"
    if match[1] == SVG:
        return _drawing_error(content)
    if not content.startswith(BEGINNINGS[match[1]]):
        return f"is not what it says: {match[1]}"
    return None


def _drawing_error(content: bytes) -> str | None:
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<svg", b"<?xml")):
        return f"is not what it says: {SVG}"
    if found := _ACTIVE.search(content):
        return f"must be a drawing that does nothing: it has {found[0].decode().strip()!r}"
    return None
