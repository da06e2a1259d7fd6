"""A classifier: a backbone with a head, its hyperparameters, what of it is frozen, and its form as plain data."""
