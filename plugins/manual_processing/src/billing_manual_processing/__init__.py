"""VPS and dedicated servers, provisioned by people through department tasks."""
