"""Trials in other processes and on other machines, behind one interface."""
