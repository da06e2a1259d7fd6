"""The code of plugins: its modules, calls of it, the place of an error, and an end to what does not end."""
