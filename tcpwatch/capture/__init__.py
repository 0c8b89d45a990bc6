"""Interface or file -> frames. I/O."""
