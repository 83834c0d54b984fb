"""Conformance of payment gateways."""
