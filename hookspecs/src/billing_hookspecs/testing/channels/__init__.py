"""Conformance of notification channels."""
