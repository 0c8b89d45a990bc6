"""What tells who sent an RST that came: the evidence of `tcp.reset_origin`, in words."""

from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.tcp.reset_origin import ResetOrigin
from tcpwatch.text.duration import SECOND_NS

IDLE_LIMITS_S = (60, 240, 350)
"""After so long without a segment boxes in between forget a connection: many proxies, Azure's and AWS's load balancers.

https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset,
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html
"""


def origin_evidence(origin: ResetOrigin) -> tuple[Message, ...]:
    """The TTL beside that of the other segments, and the silence before it where that is long."""
    return (_way(origin), *_silence(origin))


def _way(origin: ResetOrigin) -> Message:
    usual = origin.usual_ttls
    if usual is None:
        return message("its TTL is {ttl}; no other segment from there was seen to compare it with", ttl=origin.ttl)
    if usual[0] <= origin.ttl <= usual[1]:
        return message("its TTL, {ttl}, is that of the other segments from there", ttl=origin.ttl)
    return message(
        "its TTL is {ttl}, that of the other segments from there {usual}: it came over {hops}, they over {usual_hops}",
        ttl=origin.ttl,
        usual=str(usual[0]) if usual[0] == usual[1] else f"{usual[0]}-{usual[1]}",
        hops=Count(origin.hops, "router"),
        usual_hops=origin.usual_hops if origin.usual_hops is not None else "?",
    )


def _silence(origin: ResetOrigin) -> tuple[Message, ...]:
    silent_ns = origin.silent_ns
    if silent_ns is None or silent_ns < IDLE_LIMITS_S[0] * SECOND_NS:
        return ()
    limits = ", ".join(str(limit) for limit in IDLE_LIMITS_S)
    return (
        message(
            "nothing had come from there for {silent}; boxes in between forget an idle connection after {limits} s",
            silent=Time(silent_ns),
            limits=limits,
        ),
    )
