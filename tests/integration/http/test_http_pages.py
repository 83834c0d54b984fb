"""Lists come in pages that neither skip nor repeat."""

import pytest


def walk(person, path: str) -> list[dict]:
    """Every item of a list, page by page."""
    items, cursor = [], None
    sign = "&" if "?" in path else "?"
    while True:
        page = person.done("GET", f"{path}{sign}cursor={cursor}" if cursor else path)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_walking_a_list_meets_everything_once(client, order):
    """Orders that arrive meanwhile go to the front and move nothing behind."""
    ids = [client.done("POST", "/orders", order)["order"]["id"] for _ in range(5)]
    first = client.done("GET", "/orders?limit=2")
    assert [item["id"] for item in first["items"]] == [ids[4], ids[3]]
    rest = client.done("GET", f"/orders?limit=2&cursor={first['next_cursor']}")
    assert [item["id"] for item in rest["items"]] == [ids[2], ids[1]]
    assert [item["id"] for item in walk(client, "/orders?limit=2")] == ids[::-1]
    assert len(walk(client, "/ledger-entries?limit=1")) == 6
    assert len(walk(client, "/services?limit=3")) == 5


def test_the_last_page_has_no_cursor(client, order):
    """A page that is exactly full must not promise another one."""
    for _ in range(2):
        client.done("POST", "/orders", order)
    assert client.done("GET", "/orders?limit=2")["next_cursor"] is None
    assert client.done("GET", "/orders?limit=1")["next_cursor"] is not None


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_limit_out_of_bounds_is_refused(client):
    """An unbounded page is a way to take the service down."""
    for limit in ("0", "501", "-1", "x", "1.5"):
        answer = client.get(f"/orders?limit={limit}")
        assert answer.status_code == 400, limit
        assert answer.json()["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_a_foreign_cursor_is_refused(client):
    """Whatever is sent as a cursor, it is the sender's mistake and not ours."""
    for cursor in ("", "x", "W10", "WyJhIl0", "WzBd", "WzEsMl0", "%F0%9F"):
        answer = client.get(f"/orders?cursor={cursor}")
        assert answer.status_code == 400, cursor
        assert answer.json()["errors"][0]["pointer"] == "/cursor"


def test_tariff_plans_come_by_sort_number_then_by_name(administrator, guest, shop):
    """Equal numbers are sorted alphabetically, ignoring case."""
    administrator.done("PATCH", f"/admin/tariff-plans/{shop.plan.id}", {"sort": 2})
    prices = [{"period_months": 1, "price": {"amount_minor": 1, "currency": "RUB"}}]
    for name, sort in (("beta", 2), ("Alpha", 2), ("zulu", 1)):
        body = {
            "provider_id": shop.provider.id,
            "product_type": "thing",
            "name": {"en": name},
            "prices": prices,
            "sort": sort,
        }
        administrator.done("POST", "/admin/tariff-plans", body)
    names = [plan["name"] for plan in walk(guest, "/tariff-plans?limit=1")]
    assert names == ["zulu", "Alpha", "beta", "Thing"]
    cursor = client_cursor = guest.done("GET", "/tariff-plans?limit=1")["next_cursor"]
    assert client_cursor
    assert guest.get(f"/admin/providers?cursor={cursor}").status_code == 401
    assert administrator.get(f"/admin/providers?cursor={cursor}").status_code == 400
