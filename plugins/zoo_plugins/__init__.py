"""The architectures and datasets that come with zoo, one file each, loaded through the same door as a stranger's."""
