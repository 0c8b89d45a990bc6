"""The kernel's facts about sockets as data. Pure: no I/O, no clock."""
