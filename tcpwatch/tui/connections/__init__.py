"""The connections pane."""
