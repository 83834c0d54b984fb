"""Whether a notification is Stripe's: HMAC-SHA256 over ``{t}.{raw body}``. Pure."""

import hmac
from hashlib import sha256
from typing import Final

from billing_hookspecs import NotificationRejectedError

TOLERANCE_S: Final = 300
"""How far the signature's time may be from ours, in the past and in the future."""

SCHEME: Final = "v1"
"""The only scheme that counts; accepting an older one would let a forger choose it."""

TIMESTAMP_DIGITS_MAX: Final = 12


def verify(header: str, raw_body: bytes, secret: str, now_s: float) -> None:
    """Accept a body that was signed with ``secret`` within the tolerance.

    ``header``  of ``Stripe-Signature``: ``t=…,v1=…``. While a secret is being replaced there
                is a signature for the old and one for the new; one that matches is enough.
    ``secret``  of the endpoint, ``whsec_…``, all of it. An empty one verifies nothing.
    ``now_s``   seconds since the epoch by a real clock.
    Raises NotificationRejectedError.
    """
    if not secret.strip():
        raise NotificationRejectedError("no secret is set that could verify a notification")
    timestamp, signatures = _parts(header)
    signed = timestamp.encode() + b"." + raw_body
    expected = hmac.new(secret.encode(), signed, sha256).hexdigest().encode()
    # All are compared, so that the time taken tells nothing of which one matched.
    matches = [hmac.compare_digest(expected, signature) for signature in signatures]
    if not any(matches):
        raise NotificationRejectedError("no signature of the notification matches")
    if abs(now_s - int(timestamp)) > TOLERANCE_S:
        raise NotificationRejectedError("the notification was signed at another time")


def _parts(header: str) -> tuple[str, list[bytes]]:
    """The timestamp as it is written, and the signatures of the one scheme."""
    pairs = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1 or not _is_timestamp(times[0]):
        raise NotificationRejectedError("the notification carries no readable time of signing")
    signatures = [value.encode() for name, _, value in pairs if name == SCHEME]
    if not signatures:
        raise NotificationRejectedError(f"the notification carries no {SCHEME} signature")
    return times[0], signatures


def _is_timestamp(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= TIMESTAMP_DIGITS_MAX
