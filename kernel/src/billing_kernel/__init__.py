"""A small kernel that bills and provisions; plugins know the outside world."""
