"""Alembic migrations, driven from code: one set for SQLite and PostgreSQL."""
