"""Icons: small pictures as data URIs, and nothing that acts."""

import base64

import pytest

from billing_kernel.domain.icons import ICON_MAX_BYTES, icon_error

PNG = b"\x89PNG\r\n\x1a\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h16v16H0z'/></svg>"


def icon(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image/png", PNG),
        ("image/png", PNG.ljust(ICON_MAX_BYTES, b"x")),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF....WEBP"),
        ("image/svg+xml", SVG),
        ("image/svg+xml", b"<?xml version='1.0'?>" + SVG),
    ],
)
def test_pictures_of_the_usual_kinds_are_icons(kind: str, content: bytes) -> None:
    """Up to 64 KiB; no icon at all is fine too."""
    assert icon_error(icon(kind, content)) is None
    assert icon_error("") is None


@pytest.mark.parametrize(
    "content",
    [
        b"<svg><script>alert(1)</script></svg>",
        b"<svg ONLOAD = 'alert(1)'/>",
        b"<svg><a href='javascript:alert(1)'/></svg>",
        b"<svg><foreignObject/></svg>",
        b"<!DOCTYPE svg><svg/>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><svg/>",
        b"<html/>",
    ],
)
def test_a_drawing_that_does_something_is_none(content: bytes) -> None:
    """A frontend that shows it inside of its page would run it."""
    assert icon_error(icon("image/svg+xml", content))
