"""Conformance of processing modules."""
