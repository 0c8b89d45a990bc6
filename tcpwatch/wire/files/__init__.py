"""Capture formats, one file a format."""
