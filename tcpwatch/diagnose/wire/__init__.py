"""What the wire alone shows of a connection, and what that means. Pure."""
