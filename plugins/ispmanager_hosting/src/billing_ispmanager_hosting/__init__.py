"""Sell shared hosting on ispmanager 6."""
