"""The C library, privileges, and access to tcpwatch's own modules."""
