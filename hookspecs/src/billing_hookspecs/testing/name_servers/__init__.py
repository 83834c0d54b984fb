"""Conformance of name servers."""
