"""The one table of rules, collected from the files of the families. Nothing else decides what is trouble."""

from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules import (
    closing,
    drops,
    ended,
    half_open_queue,
    kernel_vs_wire,
    leak,
    limits,
    listener,
    local_ports,
    opening,
    pace,
    path,
    process,
    receiving,
    resets,
    resets_received,
    silent,
    transfer,
    upper,
    ways,
)

RULES = (
    *(*half_open_queue.RULES, *listener.RULES, *opening.RULES, *closing.RULES, *upper.RULES),
    *(*path.RULES, *transfer.RULES, *receiving.RULES, *silent.RULES, *pace.RULES, *ended.RULES),
    *(*drops.SOCKET_RULES, *ways.SOCKET_RULES),
)
"""The rules on one socket. The problems on a socket stand in this order."""

PROGRAM_RULES: tuple[Rule[ProgramFacts], ...] = (
    *(*process.RULES, *leak.RULES),
    *(*drops.RULES, *resets.RULES, *resets_received.RULES),
)
"""The rules on a program. The first that words a trouble words it for all its sockets."""

HOST_RULES = (*listener.HOST_RULES, *local_ports.RULES, *limits.RULES, *ways.RULES, *resets.HOST_RULES)
"""The rules on a network namespace."""

WIRE_RULES = kernel_vs_wire.RULES
"""The rules on one end of a connection that both the kernel and the wire know. Only the first that finds counts."""
