"""Conformance of pricing policies."""
