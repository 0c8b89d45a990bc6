"""The explanations, one table for each kind of topic."""
