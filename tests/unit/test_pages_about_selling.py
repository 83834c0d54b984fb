"""Examples on the pages about selling are requests that the API reads."""

import re
from pathlib import Path

import pytest

from billing_kernel.http.bodies import decode_body
from billing_kernel.http.shapes.addons import CreateAddon
from billing_kernel.http.shapes.base import Body
from billing_kernel.http.shapes.catalogue import CreateTariffPlan
from billing_kernel.http.shapes.enumerations import CreateEnumerationValue
from billing_kernel.http.shapes.name_servers import CreateNameServer

PAGES = Path(__file__).parents[2] / "docs/selling"
EXPECTED: dict[str, list[type[Body]]] = {
    "tariffs.md": [CreateTariffPlan],
    "domains.md": [CreateNameServer],
    "addons.md": [CreateAddon, CreateEnumerationValue, CreateAddon],
}


@pytest.mark.parametrize("page", EXPECTED)
def test_examples_of_a_page_can_be_sent_as_they_are(page: str) -> None:
    """Whoever copies one should get a tariff plan, not a lesson."""
    blocks = re.findall(r"```json\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)
    assert len(blocks) == len(EXPECTED[page])
    for block, body in zip(blocks, EXPECTED[page], strict=True):
        assert isinstance(decode_body(block.encode(), body), body)
