"""The search: which hyperparameters to try next, and the loop that tries them."""
