"""The filter language, and its use on connections, segments and flows."""
