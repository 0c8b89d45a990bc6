"""Other network namespaces: how they are found, entered and read."""
