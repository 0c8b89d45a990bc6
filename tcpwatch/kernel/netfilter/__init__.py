"""Netfilter's table of tracked connections: an entry of it, where one may read it."""
