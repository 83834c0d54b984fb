"""Fixtures for all tests of the kernel: databases on both kinds of servers, and brokers."""

pytest_plugins = ("tests.servers.databases", "tests.servers.brokers")
