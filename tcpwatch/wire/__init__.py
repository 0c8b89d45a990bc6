"""Frame bytes -> Segment. Pure: no clock, no socket, no thread."""
