"""The page about messages lists what the code has, and its examples can be sent."""

import re
from pathlib import Path

from billing_kernel.application.templating import message_errors
from billing_kernel.channels import ConsoleChannel, SmtpChannel
from billing_kernel.domain.filling import FILTERS
from billing_kernel.domain.messages import OCCASIONS
from billing_kernel.http.bodies import decode_body
from billing_kernel.http.shapes.messages import CreateNotificationChannel
from billing_kernel.http.shapes.templates import CreateMessageTemplate

PAGE = (Path(__file__).parents[3] / "docs/selling/messages.md").read_text()


def test_every_occasion_and_every_macro_has_a_row() -> None:
    """Texts are written with this page at hand; a macro that isn't there isn't used."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    occasions = {key: [f"`{it.event}`", it.title] for key, it in OCCASIONS.items()}
    assert {row[0].strip("`"): row[1:] for row in rows if row[0].strip("`") in OCCASIONS} == (
        occasions
    )
    macros = {name: it for occasion in OCCASIONS.values() for name, it in occasion.macros.items()}
    written = {row[0].strip("`"): row[1] for row in rows if row[0].strip("`") in macros}
    assert set(written) == set(macros)
    for channel in (SmtpChannel(), ConsoleChannel()):
        assert f"| `{channel.key}` |" in PAGE
        assert all(f"`{field.name}`" in PAGE for field in channel.settings)
    assert all(f"`{name}`" in PAGE for name in FILTERS)


def test_its_examples_can_be_sent_as_they_are() -> None:
    """Whoever copies one should get a message, not a lesson."""
    channel, template = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert decode_body(channel.encode(), CreateNotificationChannel)
    made = decode_body(template.encode(), CreateMessageTemplate)
    assert message_errors({"subject": made.subject, "body": made.body}, made.key) == []
