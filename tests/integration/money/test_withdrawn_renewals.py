"""A card payment of a renewal that was withdrawn meanwhile: the money is the client's."""

from tests.factories import invoice_of, invoice_renewal, open_tasks
from tests.tills import Till, captured

from billing_hookspecs import Money


def test_money_for_a_withdrawn_renewal_is_on_the_balance(till: Till) -> None:
    """The payer was on the gateway's page while somebody else renewed for longer."""
    payment = till.sell()
    service_id = invoice_of(till.kernel, payment.invoice_id or 0).lines[0].service_id
    assert service_id is not None
    first = invoice_renewal(till.kernel, till.shop, service_id)
    attempt = till.begin(first)
    invoice_renewal(till.kernel, till.shop, service_id)
    assert invoice_of(till.kernel, first.id).status == "cancelled"
    assert till.payment(attempt.id).state == "pending"
    till.tell(captured(attempt.reference, Money(1000, "RUB")))
    assert till.money == (1000, 0)
    (task,) = open_tasks(till.kernel)
    assert (task.kind, task.payment_id) == ("unexpected_payment", attempt.id)
