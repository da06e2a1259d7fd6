"""The plugins that zoo cannot do without, registered as a stranger's are: what a path may be, and image formats."""
