"""Gives back a part of the difference when a client goes down to a cheaper tariff."""
