"""Calls of the code of plugins: where it is, and an end to what does not end."""
