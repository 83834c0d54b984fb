"""Conformance of IP allocators."""
