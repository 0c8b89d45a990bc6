"""Real clients and servers that bring TCP situations about on this machine. Knows nothing of the rest.

    address           where they play: one address of loopback, one port
    child             the part that all child processes of the lab have in common
    child_process     such a process, seen from its parent
    messages          what client and server send: length-prefixed text
    server, client    an echo server, with or without the commonest bug, and its clients
    leaky_server      that server with the bug and its clients, started and ended together

    namespace         a private loopback to play on, for plain users too
    stage             what a scenario plays on: its acts, what they promise, its sockets
    loss, raw         segments that are lost; segments made by hand
    scenarios         one file a scenario, found by its name
    scenario          a child process that plays one scenario
    scenario_process  that process, seen from its parent
    player            a child process that starts scenarios, one at a time, as it is asked to
    playlist          some scenarios in their order, and the current one
    tour              a playlist that is played by a player
    recordings        one recording of every scenario

Law of the room: all traffic stays on loopback, is bounded, and ends with the process that asked for it.
"""
