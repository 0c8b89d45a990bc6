"""The kernel's links and routes over NETLINK_ROUTE (rtnetlink(7)), for any user."""
