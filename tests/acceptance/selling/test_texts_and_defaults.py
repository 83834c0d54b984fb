"""Texts that administrators write, and what product types fall back to."""

import pytest
from tests.markets import Market

MESSAGE = {
    "name": "Service activation",
    "subject": {"en": "{{ service.name }} is ready"},
    "body": {"en": "Hello {{ client.name }}{% if service.domain %}, it is yours{% endif %}"},
}
TEXT = {"name": "Terms", "body": {"en": "100 % {{ yours }}", "ru": "Всё"}}


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        ("/admin/message-templates", {**MESSAGE, "key": "service.activated"}, {"key": None}),
        ("/admin/document-templates", TEXT, {"body": {"en": "Other"}}),
        ("/admin/enumerations", {"name": {"en": "Panels"}}, {"name": {"en": "Systems"}}),
        (
            "/admin/client-groups",
            {"name": "Friends", "allow_suspension": True},
            {"allow_deletion": True},
        ),
    ],
)
def test_a_resource_is_created_read_changed_and_deleted(
    market: Market, path: str, body: dict, change: dict
) -> None:
    """What is left out of a change stays as it was."""
    administrator = market.administrator
    made = administrator.done("POST", path, body)
    assert {name: made[name] for name in body} == body
    one = f"{path}/{made['id']}"
    assert administrator.done("GET", one) == made
    assert administrator.done("PATCH", one, change) == {**made, **change}
    assert made["id"] in [item["id"] for item in administrator.done("GET", path)["items"]]
    administrator.done("DELETE", one)
    for method in ("GET", "DELETE"):
        administrator.refused(method, one, None, 404, "not_found")
    market.client.refused("GET", path, None, 403, "forbidden")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "{{ open",
        "{% if x %}",
        "{{ x|no_such_filter }}",
        "{% include 'secrets' %}",
        "{% extends name %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{% for a in b %}" * 40 + "{% endfor %}" * 40,
        "{{ " + "9" * 6000 + " }}",
        "{{ 'x' * 10 ** 12 }}{{ 10 ** 10 ** 10 }}",
        "{{ client.nickname }}",
        "{{ client.__class__ }}",
    ],
)
def test_a_message_that_cannot_be_filled_in_is_refused(market: Market, text: str) -> None:
    """Found when it is written, not when a client waits for it."""
    for field in ("subject", "body"):
        if field == "subject" and len(text) > 255:
            continue
        body = {**MESSAGE, field: {"en": "fine", "de": text}}
        problem = market.administrator.refused(
            "POST", "/admin/message-templates", body, 400, "input.invalid"
        )
        assert problem["errors"][0]["pointer"] == f"/{field}/de"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_macros_are_listed_and_belong_to_the_message_s_key(market: Market) -> None:
    """A text about a payment has no service to name; with another key it is checked again."""
    administrator, path = market.administrator, "/admin/message-templates"
    listed = {it["key"]: it for it in administrator.done("GET", f"{path}/macros")["items"]}
    assert "service.name" in listed["service.activated"]["macros"]
    assert "service.name" not in listed["payment.failed"]["macros"]
    assert "ready for use" in listed["service.activated"]["body"]["en"]
    about_money = {**MESSAGE, "key": "payment.failed"}
    problem = administrator.refused("POST", path, about_money, 400, "input.invalid")
    assert "service.name" in problem["errors"][0]["detail"]
    problem = administrator.refused("POST", path, {**MESSAGE, "key": "x"}, 400, "input.invalid")
    assert problem["errors"][0]["pointer"] == "/key"
    made = administrator.done("POST", path, MESSAGE)
    changed = {"key": "payment.failed"}
    administrator.refused("PATCH", f"{path}/{made['id']}", changed, 400, "input.invalid")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_blank_texts_and_taken_keys_are_refused(market: Market) -> None:
    """A message without words, and two texts for one occasion."""
    administrator = market.administrator
    for path, body in (
        ("/admin/message-templates", MESSAGE),
        ("/admin/document-templates", TEXT),
    ):
        problem = administrator.refused(
            "POST", path, {**body, "body": {"en": " "}}, 400, "input.invalid"
        )
        assert problem["errors"][0]["pointer"] == "/body"
    keyed = {**MESSAGE, "key": "service.activated"}
    administrator.done("POST", "/admin/message-templates", keyed)
    other = administrator.done("POST", "/admin/message-templates", MESSAGE)
    path = f"/admin/message-templates/{other['id']}"
    for method, where in (("POST", "/admin/message-templates"), ("PATCH", path)):
        administrator.refused(method, where, keyed, 409, "message_template.exists")


def test_at_13_a_plan_names_the_message_of_its_activation(market: Market) -> None:
    """Only one that exists, and as long as the plan names it, it stays."""
    template = market.administrator.done("POST", "/admin/message-templates", MESSAGE)
    plan = market.plan(activation_template_id=template["id"])
    assert plan["activation_template_id"] == template["id"]
    path = f"/admin/message-templates/{template['id']}"
    problem = market.administrator.refused("DELETE", path, None, 409, "in_use")
    assert f"tariff plans {plan['id']}" in problem["detail"]
    market.change(plan, activation_template_id=None)
    market.administrator.done("DELETE", path)


def test_product_types_have_settings_of_their_own(market: Market) -> None:
    """Until somebody changes them they are what the plugin suggests."""
    path = "/admin/product-types/shared_hosting"
    suggested = market.administrator.done("GET", path)
    assert suggested == {
        "key": "shared_hosting",
        "auto_deletion_days": None,
        "weekend_suspension": True,
        "deletion_grace_days": 0,
    }
    changed = market.administrator.done("PATCH", path, {"auto_deletion_days": 14})
    assert changed == {**suggested, "auto_deletion_days": 14}
    again = market.administrator.done("PATCH", path, {"weekend_suspension": False})
    assert again == {**changed, "weekend_suspension": False}
    assert market.administrator.done("GET", path) == again
    listed = market.administrator.done("GET", "/admin/product-types")["items"]
    assert again in listed
    assert {"vps", "dedicated_server", "isp_license"} <= {it["key"] for it in listed}
    wrong = {"auto_deletion_days": -1}
    problem = market.administrator.refused("PATCH", path, wrong, 400, "input.invalid")
    assert problem["errors"][0]["pointer"] == "/auto_deletion_days"
    market.administrator.refused("GET", "/admin/product-types/ship", None, 404, "not_found")
