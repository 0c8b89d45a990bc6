"""The filter: what passes, of connections and of segments."""
