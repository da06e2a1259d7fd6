"""Plots of datasets, as files."""
