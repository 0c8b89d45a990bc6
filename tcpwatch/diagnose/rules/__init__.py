"""The rules by which facts become findings, one file a family."""
