"""The architectures and datasets that come with zoo, one file each, loaded in the same way as third-party plugins."""
