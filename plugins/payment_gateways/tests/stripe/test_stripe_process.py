"""The simulator as a process of its own, as demonstrations and crash tests run it."""

import subprocess
import sys

import httpx


def test_it_prints_its_address_and_serves_until_it_is_stopped() -> None:
    """Whoever starts it reads one line and knows where it is."""
    command = [sys.executable, "-m", "billing_payment_gateways.stripe.simulator"]
    with subprocess.Popen([*command, "--secret-key", "sk_own"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        headers = {"Authorization": "Bearer sk_own", "Stripe-Version": "2025-02-24.acacia"}
        assert httpx.get(f"{url}/v1/refunds", headers=headers).json()["data"] == []
        process.terminate()
        assert process.wait(10) == 0
