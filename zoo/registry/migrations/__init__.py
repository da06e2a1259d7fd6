"""Alembic's folder: how a registry of any earlier zoo becomes one of today."""
