"""One file a command, found by its name; each has a `run`."""
