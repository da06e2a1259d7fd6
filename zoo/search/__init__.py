"""The search: the algorithms that choose hyperparameters, and the loop that tries them."""
