"""Headless front ends: NDJSON and text."""
