"""Signs notifications as the documentation says, apart from the driver's own reading of it."""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence


def signed_headers(
    body: bytes, webhook_secrets: Sequence[str], signed_at_s: int | None = None
) -> Mapping[str, str]:
    """One ``v1`` for each secret in force, and a ``v0`` as test events carry it."""
    timestamp = int(time.time()) if signed_at_s is None else signed_at_s
    signatures = [
        hmac.new(secret.encode("utf-8"), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
        for secret in webhook_secrets
    ]
    parts = [f"t={timestamp}", *(f"v1={signature}" for signature in signatures), f"v0={'0' * 64}"]
    return {"Stripe-Signature": ",".join(parts)}
