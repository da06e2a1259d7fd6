"""A dataset becomes batches: sources, checks, splits, decode-once cache, augmentation. Imports nothing."""
