"""The display of progress and results in a terminal or a notebook."""
