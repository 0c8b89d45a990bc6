"""Real clients and servers that bring TCP situations about on this machine. Knows nothing of the rest.

    messages    what they say to each other: length-prefixed text
    server      an echo server, with or without the commonest bug
    client      its clients
    child       what a program of the lab does besides: has a name, says when it is ready, ends with its parent
    program     such a program, seen from the parent
    demo        a server and its clients, started and ended together

    namespace   a private loopback to play on, for plain users too
    stage       what a scenario announces, promises and holds
    loss, raw   segments that are lost; segments made by hand
    scenarios   the table of scenarios, one small program each
    scenario    such a program in a process of its own
    performance the same, seen from the parent
    player      such programs one after the other, as they are asked for
    programme   which of some scenarios is on, and what is said of it
    tour        scenarios one after the other, seen from the parent
    recordings  every scenario as it went once

Law of the room: all traffic stays on loopback, is bounded, and ends with the process that asked for it.
"""
