"""What stands around a socket: its peer, its listener, its program, the ways that its segments take."""
