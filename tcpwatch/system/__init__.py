"""The C library, privileges, and access to our own modules."""
