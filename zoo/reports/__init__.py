"""Plots of datasets and searches, written to files."""
