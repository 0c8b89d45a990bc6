"""The kernel's socket table -> SocketRow. I/O."""
