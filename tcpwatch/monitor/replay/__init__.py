"""A capture file in place of the Monitor: the picture at the moment of a playhead."""
