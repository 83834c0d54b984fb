"""A process that books a payment, for tests that kill it in the middle.

``python -m tests.dying_till notify METHOD_ID REFERENCE MINOR`` hears that a payment was captured;
``python -m tests.dying_till charge PAYMENT_ID`` charges a stored card. ``BILLING_CRASH_AT`` says
where it dies.
"""

import sys

from tests.factories import FakeModule, make_kernel
from tests.tills import SIGNED, FakeGateway, FakePayments, captured

from billing_hookspecs import Money, Notification
from billing_kernel.application.charging import charge_stored
from billing_kernel.application.kernel import Kernel
from billing_kernel.application.noticing import take_notification
from billing_kernel.settings import read_settings


def notify(
    kernel: Kernel, gateway: FakeGateway, method_id: int, reference: str, minor: int
) -> None:
    gateway.letters["paid"] = (captured(reference, Money(minor, "RUB")),)
    take_notification(kernel, method_id, Notification("POST", SIGNED, {}, b"paid"))


if __name__ == "__main__":
    gateway = FakeGateway()
    kernel = make_kernel(read_settings(), FakeModule(), plugins=(FakePayments(gateway),))
    match sys.argv[1:]:
        case ["notify", method_id, reference, minor]:
            notify(kernel, gateway, int(method_id), reference, int(minor))
        case ["charge", payment_id]:
            charge_stored(kernel, int(payment_id))
    kernel.database.close()
