"""Finds, enters and reads other network namespaces."""
