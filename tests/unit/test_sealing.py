"""Secrets at rest: readable with the right key, for the right row, and not otherwise."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hookspecs import Secret
from billing_kernel.sealing import KeyRing, SealError, keys_beside, new_key

OLD, NEW = new_key(), new_key()


@given(secrets=st.dictionaries(st.text(max_size=8), st.text(max_size=20)), row=st.text(max_size=36))
def test_sealed_secrets_open_for_their_row(secrets: dict[str, str], row: str) -> None:
    """What comes back is what went in, whatever its letters, and masks itself."""
    ring = KeyRing([NEW])
    opened = ring.unseal(ring.seal(secrets, row), row)
    assert opened == secrets
    assert all(type(value) is Secret for value in opened.values())


def test_a_blob_of_another_row_does_not_open() -> None:
    """Whoever can write to the database must not swap one module's password for another's."""
    ring = KeyRing([NEW])
    with pytest.raises(SealError, match="another row"):
        ring.unseal(ring.seal({"password": "x"}, "row 1"), "row 2")


@pytest.mark.parametrize("position", [8, 20, -1])
def test_a_changed_blob_does_not_open(position: int) -> None:
    """Nonce, text and tag are all covered."""
    ring = KeyRing([NEW])
    blob = bytearray(ring.seal({"password": "a long password"}, "row"))
    blob[position] ^= 1
    with pytest.raises(SealError, match="changed"):
        ring.unseal(bytes(blob), "row")


def test_keys_rotate_without_losing_what_is_sealed() -> None:
    """A new first key seals, the old ones go on opening until everything is sealed anew."""
    before = KeyRing([OLD]).seal({"password": "x"}, "row")
    ring = KeyRing([NEW, OLD])
    assert ring.unseal(before, "row") == {"password": "x"}
    after = ring.seal({"password": "y"}, "row")
    assert KeyRing([NEW]).unseal(after, "row") == {"password": "y"}
    with pytest.raises(SealError, match="not in BILLING_SECRET_KEYS"):
        KeyRing([OLD]).unseal(after, "row")


@pytest.mark.parametrize("blob", [b"", b"short", b"\x00" * 64])
def test_a_blob_that_no_key_made_is_refused(blob: bytes) -> None:
    """Rows that were damaged or never sealed end in our own error, not in a crash."""
    with pytest.raises(SealError):
        KeyRing([NEW]).unseal(blob, "row")


def test_equal_secrets_are_sealed_differently() -> None:
    """Equal blobs would tell which modules share a password."""
    ring = KeyRing([NEW])
    assert ring.seal({"password": "x"}, "row") != ring.seal({"password": "x"}, "row")


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ([], "empty"),
        (["not base64!"], "not base64"),
        ([base64.b64encode(b"short").decode()], "5 bytes instead of 32"),
    ],
)
def test_a_malformed_key_is_named_without_being_shown(keys: list[str], complaint: str) -> None:
    """The message ends in logs; the key must not."""
    with pytest.raises(SealError, match=complaint) as refusal:
        KeyRing(keys)
    assert not any(key in str(refusal.value) for key in keys if key)


def test_a_key_ring_shows_no_key() -> None:
    """Reprs end in tracebacks."""
    assert repr(KeyRing([NEW, OLD])) == "KeyRing(2 keys)"


def test_the_embedded_default_makes_its_keys_once(tmp_path: Path) -> None:
    """A restart must find the same keys, and nobody else on the machine may read them."""
    database = tmp_path / "billing.sqlite3"
    keys = keys_beside(database)
    assert keys_beside(database) == keys
    KeyRing(keys)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(keys[0]) not in repr(keys)
