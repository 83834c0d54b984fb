"""The kernel's own pricing policies; plugins may add others of the same kinds."""
