"""Lists, their pages and filters, and the search."""

import re
from typing import Any

from billing_payment_gateways.stripe.simulator.account import Account, Object
from billing_payment_gateways.stripe.simulator.errors import invalid
from billing_payment_gateways.stripe.simulator.form import Form

PAGING = ("ending_before", "limit", "starting_after")
FILTERS = {
    "checkout.session": ("created.gte", "customer", "payment_intent", "status"),
    "payment_intent": ("created.gte", "customer"),
    "refund": ("charge", "created.gte", "payment_intent"),
    "dispute": ("charge", "created.gte", "payment_intent"),
}
URLS = {
    "checkout.session": "/v1/checkout/sessions",
    "payment_intent": "/v1/payment_intents",
    "refund": "/v1/refunds",
    "dispute": "/v1/disputes",
}
LIMIT_MAX, LIMIT = 100, 10
SEARCH = re.compile(r"""metadata\[(["'])(?P<name>[^"']+)\1\]:(["'])(?P<value>[^"']*)\3""")


def list_objects(account: Account, kind: str, query: str) -> Object:
    form = Form(query, (*PAGING, *FILTERS[kind]))
    rows = [row for row in account.all(kind) if _passes(row, form, FILTERS[kind])]
    after = form.text("starting_after", "")
    if after:
        account.find(kind, after, "starting_after")
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(after) + 1 :] if after in ids else []
    return _shown(account, URLS[kind], "list", rows, form)


def search_intents(account: Account, query: str) -> Object:
    """Payment intents by metadata; what is younger than the lag isn't found yet."""
    form = Form(query, ("limit", "page", "query"))
    wanted = SEARCH.fullmatch(form.text("query"))
    if not wanted:
        raise invalid("", "We were unable to parse your search query.", "query")
    rows = [
        row
        for row in account.all("payment_intent")
        if row["metadata"].get(wanted["name"]) == wanted["value"]
        and row["created"] <= account.now() - account.search_lag_s
    ]
    url = f"{URLS['payment_intent']}/search"
    return _shown(account, url, "search_result", rows, form)


def _shown(account: Account, url: str, kind: str, rows: list[Object], form: Form) -> Object:
    limit = form.integer("limit", LIMIT)
    if not 1 <= limit <= LIMIT_MAX:
        raise invalid("parameter_invalid_integer", f"Invalid limit: {limit}", "limit")
    if any(not path.startswith("data.") for path in form.expand):
        raise invalid("", "This property cannot be expanded.", "expand")
    inner = [path.removeprefix("data.") for path in form.expand]
    return {
        "object": kind,
        "url": url,
        "has_more": len(rows) > limit,
        "data": [account.shown(row, inner) for row in rows[:limit]],
    }


def _passes(row: Object, form: Form, names: tuple[str, ...]) -> bool:
    for name in names:
        if name not in form:
            continue
        wanted: Any = form.text(name)
        if name == "created.gte":
            if row["created"] < form.integer(name):
                return False
        elif row.get(name) != wanted:
            return False
    return True
