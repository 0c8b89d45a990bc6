"""The kernel's socket tables -> SocketRow. This package does I/O."""
