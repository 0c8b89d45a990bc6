"""Headless output: records with one schema, and formats that write any of them to stdout."""
