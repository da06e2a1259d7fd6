"""Loads files of pre-trained weights into networks. Keras is imported only to load them."""
