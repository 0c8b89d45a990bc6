"""Segments -> flows, events, states, TCBs. Pure: time is always an argument."""
