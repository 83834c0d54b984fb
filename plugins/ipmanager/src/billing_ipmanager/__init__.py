"""Allocate IP addresses from IPmanager."""
