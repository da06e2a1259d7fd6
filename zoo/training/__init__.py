"""One training: fit a classifier to a dataset, and evaluate it."""
