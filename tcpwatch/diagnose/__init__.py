"""Socket, flow and history -> what it means. Pure."""
