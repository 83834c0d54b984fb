"""Services that nobody pays for: stopped, and deleted by the tariff, by the product type, or never.

AT-35.
"""

from collections.abc import Callable

import pytest
from tests.stories import Story

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

PRODUCT_TYPE = "/admin/product-types/shared_hosting"


def test_deleted_by_tariff_by_product_type_or_never(begin: Callable[..., Story]) -> None:
    """Counted from the expiry date, by the night of the day, and not by the one before.

    Three services at 3.00, from February 1st to March 1st. One tariff plan deletes after 5 days:
    March 6th. The other two say nothing, or 20 days: they are still there on March 12th, when the
    product type begins to delete after 10 days. The one that said nothing goes once no payment for
    it is announced any more, the other one on March 21st. Nobody pays for a day after March 1st.
    """
    story = begin("2026-02-01")
    story.top_up(1000)
    settings = {"auto_deletion_days": None, "weekend_suspension": True}
    assert story.administrator.done("PATCH", PRODUCT_TYPE, settings)["auto_deletion_days"] is None
    plans = [story.sell(300, auto_deletion_days=days) for days in (5, None, 20)]
    by_tariff, by_type, later = (story.buy(plan) for plan in plans)
    renewing = {"period_months": 1, "pay_with": {"payment_method_id": story.method_id}}

    story.travel_to("2026-03-01")
    for service_id in (by_tariff, by_type, later):
        assert story.stands(service_id) == ("suspended", "2026-03-01")
    story.travel_to("2026-03-05")
    assert story.stands(by_tariff)[0] == "suspended"
    story.travel_to("2026-03-06")
    assert story.stands(by_tariff)[0] == "deleted"
    refused = {"period_months": 1, "pay_with": {"balance": True}}
    path = f"/services/{by_tariff}/renew"
    story.client.refused("POST", path, refused, 409, "service.not_renewable")

    story.travel_to("2026-03-12")
    assert [story.stands(each)[0] for each in (by_type, later)] == ["suspended", "suspended"]
    story.administrator.done("PATCH", PRODUCT_TYPE, {"auto_deletion_days": 10})
    # Somebody whose transfer is announced keeps the service until it is given up.
    asked = story.client.done("POST", f"/services/{by_type}/renew", renewing)
    story.travel_to("2026-03-14")
    assert story.stands(by_type)[0] == "suspended"
    cancelling = f"/admin/payments/{asked['payment']['id']}/cancel"
    story.administrator.done("POST", cancelling)
    story.travel_to("2026-03-15")
    assert story.stands(by_type)[0] == "deleted"
    invoice = story.client.done("GET", f"/invoices/{asked['invoice']['id']}")
    assert invoice["status"] == "cancelled"

    story.travel_to("2026-03-20")
    assert story.stands(later)[0] == "suspended"
    story.travel_to("2026-03-21")
    assert story.stands(later)[0] == "deleted"
    assert story.totals() == [300, 300, 300]
    assert story.balance() == 100
    story.ends(dict.fromkeys((by_tariff, by_type, later), "2026-03-01"))
