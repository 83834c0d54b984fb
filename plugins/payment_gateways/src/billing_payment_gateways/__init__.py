"""Payment gateways for the billing kernel."""
