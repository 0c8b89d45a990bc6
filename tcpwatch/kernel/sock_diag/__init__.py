"""NETLINK_SOCK_DIAG: dumps, SOCK_DESTROY, and the events of destroyed sockets."""
