"""Shapes of requests and answers, one noun a file; models never leave the kernel."""
