"""The plugins that zoo depends on, registered like any other: containers and image formats."""
