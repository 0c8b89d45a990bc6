"""Real clients and servers that bring TCP situations about on this machine. Knows nothing of the rest.

    messages    what they say to each other: length-prefixed text
    server      an echo server, with or without the commonest bug
    client      its clients
    child       what a program of the lab does besides: has a name, says when it is ready, ends with its parent
    program     such a program, seen from the parent
    demo        a server and its clients, started and ended together

Law of the room: all traffic stays on loopback, is bounded, and ends with the process that asked for it.
"""
