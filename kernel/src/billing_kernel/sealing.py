"""Secrets at rest: AES-GCM with a key ring, bound to the row they belong to."""

import base64
import binascii
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billing_hookspecs import BillingError, Secret

KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 8


class SealError(BillingError):
    """A key is malformed, or sealed secrets can't be opened with the keys there are."""

    code = "secrets.unreadable"


class KeyRing:
    """Seals with its first key, opens with any; a sealed blob names its key by hash."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SealError("BILLING_SECRET_KEYS is empty; secrets can't be kept without a key")
        self._ciphers = {_key_id(raw): AESGCM(raw) for raw in map(_decoded, keys)}
        self._first = next(iter(self._ciphers))
        self._digest_key = hmac.new(_decoded(keys[0]), b"digest", sha256).digest()

    def __repr__(self) -> str:
        return f"KeyRing({len(self._ciphers)} keys)"

    def seal(self, secrets: Mapping[str, str], bound_to: str) -> bytes:
        """Encrypt ``secrets`` so that they open only together with ``bound_to``."""
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps({name: str(value) for name, value in secrets.items()}).encode()
        cipher = self._ciphers[self._first]
        return self._first + nonce + cipher.encrypt(nonce, plain, bound_to.encode())

    def digest(self, message: bytes) -> str:
        """Stands for ``message`` in comparisons: equal for equal ones, no use without the key."""
        return hmac.new(self._digest_key, message, sha256).hexdigest()

    def unseal(self, blob: bytes, bound_to: str) -> dict[str, Secret]:
        """The secrets of a blob; raises SealError for a lost key or another row's blob."""
        key_id, sealed = blob[:ID_BYTES], blob[ID_BYTES + NONCE_BYTES :]
        nonce = blob[ID_BYTES : ID_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealError("sealed with a key that is not in BILLING_SECRET_KEYS")
        try:
            plain = cipher.decrypt(nonce, sealed, bound_to.encode())
        except InvalidTag:
            raise SealError("the sealed secrets were changed or belong to another row") from None
        opened: dict[str, Any] = json.loads(plain)
        return {name: Secret(value) for name, value in opened.items()}


def new_key() -> str:
    """A fresh key in the form that BILLING_SECRET_KEYS takes."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def keys_beside(database_file: Path) -> tuple[Secret, ...]:
    """Keys of the embedded default: a private file beside the database, made at first use."""
    path = database_file.with_name("billing-secret-keys")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return tuple(Secret(line) for line in path.read_text().split())
    with os.fdopen(descriptor, "w") as file:
        file.write(new_key() + "\n")
    return tuple(Secret(line) for line in path.read_text().split())


def _decoded(key: str) -> bytes:
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise SealError("a key of BILLING_SECRET_KEYS is not base64") from None
    if len(raw) != KEY_BYTES:
        raise SealError(f"a key of BILLING_SECRET_KEYS has {len(raw)} bytes instead of {KEY_BYTES}")
    return raw


def _key_id(raw: bytes) -> bytes:
    return sha256(b"key id" + raw).digest()[:ID_BYTES]
