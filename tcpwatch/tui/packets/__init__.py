"""The packets pane."""
