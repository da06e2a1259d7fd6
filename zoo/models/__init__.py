"""Classifiers: backbone and head, hyperparameters, freezing, and a classifier as plain data."""
