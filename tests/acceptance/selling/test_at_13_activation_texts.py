"""AT-13 and AT-06: the tariff plan's text is mailed after activation, and repeated in the API."""

import pytest
from tests.mail_server import running_mail_server
from tests.markets import Market
from tests.zones import work_off

from billing_hookspecs import Done
from billing_kernel.application.kernel import Kernel


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_the_activation_text_is_mailed_and_repeated(
    market: Market, kernel: Kernel, module: object
) -> None:
    """Written by an administrator, in the client's language, from the provider's address."""
    administrator = market.administrator
    template = {
        "name": "Welcome",
        "subject": {"en": "{{ service.tariff }} is ready", "ru": "{{ service.tariff }} готов"},
        "body": {
            "en": "Hello {{ client.name }}, your login is {{ service.username|default('-') }}.",
            "ru": "{{ client.name }}, ключ: {{ upstream.key }}. {{ provider.support_email }}",
        },
    }
    made = administrator.done("POST", "/admin/message-templates", template)
    plan = market.plan(activation_template_id=made["id"], enabled=True)
    market.client.done("PATCH", "/me", {"language": "ru"})
    module.answers.append(Done("up-1", {"key": "K-1", "root": "canary-0c0c"}))
    with running_mail_server("none") as server:
        settings = {"host": "127.0.0.1", "port": server.port, "security": "none"}
        channel = {"name": "Mail", "driver": "smtp", "settings": settings}
        administrator.done("POST", "/admin/notification-channels", channel)
        market.order(plan, parameters={"domain": "shop.example.com"})
        work_off(kernel)
        letters = server.letters
    [mailed] = [it for it in letters if it["To"] == "ann.example@client.test"]
    [shown] = market.client.done("GET", "/messages")["items"]
    assert shown["body"] == "Client, ключ: K-1. ops@acme.test"
    assert mailed.get_content().strip() == shown["body"]
    assert mailed["Subject"] == shown["subject"] == "Start готов"
    assert mailed["From"].addresses[0].addr_spec == "ops@acme.test"
    [seen] = administrator.done("GET", "/admin/messages?event=ServiceOpened")["items"]
    assert (seen["status"], seen["channel"], seen["failure"]) == ("sent", "smtp", "")
