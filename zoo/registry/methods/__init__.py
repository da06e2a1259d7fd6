"""The methods of `zoo.registry.Registry`, by subject; `zoo.registry.registry` puts them together."""
