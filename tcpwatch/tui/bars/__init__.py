"""The lines above and below the panes, one file a bar."""
