"""Segments and the kernel's facts -> flows, steps, states, TCBs. Pure: time comes in as an argument."""
