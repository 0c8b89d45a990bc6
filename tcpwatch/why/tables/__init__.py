"""The explanations themselves, a table a kind."""
