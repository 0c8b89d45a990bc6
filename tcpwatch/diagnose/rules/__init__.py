"""The one table of rules, collected from the files of the families. Nothing else decides what is trouble."""

from tcpwatch.diagnose.rules import closing, ended, kernel_vs_wire, listener, local_ports, opening, transfer, upper

RULES = (*listener.RULES, *opening.RULES, *closing.RULES, *upper.RULES, *transfer.RULES, *ended.RULES)
"""The rules on one socket. The findings on a socket stand in this order."""

NAMESPACE_RULES = listener.NAMESPACE_RULES
"""The rules on a whole network namespace."""

PORT_RULES = local_ports.RULES
"""The rules on the local ports towards one destination."""

WIRE_RULES = kernel_vs_wire.RULES
"""The rules on one end of a connection that both the kernel and the wire know. Only the first that finds counts."""
