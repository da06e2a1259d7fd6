"""The built-in plugins for containers and image formats, registered like any other."""
