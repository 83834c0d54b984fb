"""Finding a payment at Stripe, whatever is known of it, and telling what moved."""

from collections.abc import Iterable

from billing_hookspecs import PaymentFact, UpstreamRefusedError
from billing_payment_gateways.stripe import wire
from billing_payment_gateways.stripe.client import StripeClient
from billing_payment_gateways.stripe.documents import Document, expanded, id_of, text_of

INTENT_PREFIX = "pi_"


class Payments:
    """Answers are sessions for what began on a page, and intents for stored methods."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    def by_external_id(self, external_id: str) -> Document | None:
        if external_id.startswith(INTENT_PREFIX):
            return self._client.intent(external_id)
        return self._client.session(external_id)

    def by_reference(self, reference: str) -> Document | None:
        """None only if nothing with this reference can take money any more.

        A session that is older than what the lists go back to has expired, unless somebody
        tried to pay it; then it has an intent, which is searchable by now.
        """
        session = self.recent_session(reference)
        if session is not None:
            return self._client.session(session["id"])
        intent = _with_reference(self._client.recent_intents(), reference)
        intent = intent or self._client.search_intent(reference)
        return None if intent is None else self.of_intent(intent["id"])

    def recent_session(self, reference: str) -> Document | None:
        """As the list has it, without its intent."""
        return _with_reference(self._client.recent_sessions(), reference)

    def of_event(self, subject: wire.Subject) -> Document | None:
        """What an event is about, as it is now; None if this account doesn't have it."""
        if subject.kind == wire.SESSION:
            return self._client.session(subject.id)
        return self.of_intent(subject.id)

    def of_intent(self, intent_id: str) -> Document | None:
        """The session that an intent came from, else the intent."""
        return self._client.session_of(intent_id) or self._client.intent(intent_id)

    def intent_id(self, external_id: str) -> str:
        """The payment intent to refund; UpstreamRefusedError where nothing was paid."""
        if external_id.startswith(INTENT_PREFIX):
            return external_id
        session = self._client.session(external_id)
        intent_id = id_of(session, wire.INTENT) if session else ""
        if not intent_id:
            raise UpstreamRefusedError("not_captured", "there is no payment that could be refunded")
        return intent_id

    def fact(self, document: Document) -> PaymentFact:
        """What moved, asking for refunds and disputes where there can be any."""
        is_session = text_of(document, "object") == wire.SESSION
        intent = expanded(document, wire.INTENT) if is_session else document
        refunds: tuple[Document, ...] = ()
        disputes: tuple[Document, ...] = ()
        if intent is not None and wire.was_given_back(intent):
            refunds = self._client.refunds(intent["id"])
        if intent is not None and wire.was_disputed(intent):
            disputes = self._client.disputes(intent["id"])
        tell = wire.session_fact if is_session else wire.intent_fact
        return tell(document, refunds, disputes)


def _with_reference(documents: Iterable[Document], reference: str) -> Document | None:
    return next((it for it in documents if wire.reference_of(it) == reference), None)
