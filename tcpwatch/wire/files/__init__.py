"""Capture file formats, one module for each."""
