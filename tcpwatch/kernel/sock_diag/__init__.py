"""The kernel's NETLINK_SOCK_DIAG: dumps, destroying, and the ends it announces."""
