"""`tcpwatch sockets --json` says of every socket in every state what `ss -tanieom` says, word by word.

Sockets that retransmit change from one moment to the next. So `ss` runs before and after, and what lies between its two
answers is right; where something happened in between that makes them no bounds, all three run again.
"""

import json
import math
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tcpwatch.tcp.sockets import TimerKind
from tests.e2e.conftest import Place, read_until
from tests.kernel.bpf.allowed import needs_bpf
from tests.ss_output import SS, Printed, parse

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss (iproute2)")]

TRIES = 4
EVERY_STATE = """
import time
from tests.kernel.real_sockets import RealSockets
with RealSockets() as sockets:
    sockets.every_state()
    time.sleep(0.5)  # for delayed ACKs
    print("ready", flush=True)
    input()
"""
STATES = "LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING LAST-ACK TIME-WAIT"

# What ss tells beside the TCB and tcp_info: control group, memory, the congestion control's own words, and a rate that
# it works out itself.
NOT_OURS = re.compile(r"(cgroup|skmem|v6only|bbr|cubic|send|timer|uid|ino|sk):|bbr|cubic|reno|[<-]-[>-]")
FLAGS = {"ts": 1, "sack": 2, "ecn": 8, "ecnseen": 16, "fastopen": 32}
PAIRS = {
    "rtt": ("rtt", "rttvar"),
    "wscale": ("snd_wscale", "rcv_wscale"),
    "retrans": ("retrans", "total_retrans"),
    "pacing_rate": ("pacing_rate", "max_pacing_rate"),
}
SAME = (
    "backoff bytes_acked bytes_received bytes_retrans bytes_sent data_segs_in data_segs_out delivered delivered_ce "
    "dsack_dups fackets lost pmtu advmss rcv_ooopack rcv_space rcv_ssthresh rcv_wnd rehash reord_seen reordering "
    "retrans sacked segs_in segs_out snd_wnd snd_wscale rcv_wscale total_retrans unacked"
)
RENAMED = {name: name for name in SAME.split()} | {
    "mss": "snd_mss",
    "rcvmss": "rcv_mss",
    "cwnd": "snd_cwnd",
    "ssthresh": "snd_ssthresh",
    "notsent": "notsent_bytes",
    "lastsnd": "last_data_sent",
    "lastrcv": "last_data_recv",
    "lastack": "last_ack_recv",
}
MILLISECONDS = {"rto": "rto", "ato": "ato", "rtt": "rtt", "rttvar": "rttvar", "rcv_rtt": "rcv_rtt", "minrtt": "min_rtt"}
WHOLE_MILLISECONDS = {"busy": "busy_time", "rwnd_limited": "rwnd_limited", "sndbuf_limited": "sndbuf_limited"}
BITS = {"pacing_rate": "pacing_rate", "max_pacing_rate": "max_pacing_rate", "delivery_rate": "delivery_rate"}
NO_LIMIT_32, NO_LIMIT_64 = (1 << 32) - 1, (1 << 64) - 1
# Values that ss leaves out: those that a connection begins with, and those that stand for none.
UNSAID = {
    "reordering": lambda value: value == 3,
    "ssthresh": lambda value: value >= 0xFFFF,
    "rto": lambda value: value == 3_000,
    "minrtt": lambda value: value == NO_LIMIT_32 / 1_000,
    "pacing_rate": lambda value: value == NO_LIMIT_64 * 8,
    "max_pacing_rate": lambda value: value == NO_LIMIT_64 * 8,
}

Numbers = Mapping[str, float]


def said(printed: Printed) -> dict[str, float]:
    """The words of one line of ss with their numbers; flags are 1."""
    words = re.sub(r"\b(send|pacing_rate|delivery_rate) ", r"\1:", printed.words)
    found: dict[str, float] = {}
    for word in words.split():
        if NOT_OURS.match(word):
            continue
        name, _, value = word.partition(":")
        numbers = [float(number) for number in re.findall(r"[\d.]+", value.partition("(")[0])] or [1.0]
        found |= zip(PAIRS.get(name, (name,)), numbers, strict=False)
    return found


def our_words(socket: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The same words, from our numbers."""
    info = {name: value or 0 for name, value in socket["info"].items()}  # of a listener BPF tells little
    for flag, bit in FLAGS.items():
        yield flag, float(bool(info["options"] & bit))
    yield "app_limited", float(info["flags"] & 1)
    yield from ((word, info[name]) for word, name in RENAMED.items())
    yield from ((word, info[name] / 1_000) for word, name in MILLISECONDS.items())
    yield from ((word, info[name] // 1_000) for word, name in WHOLE_MILLISECONDS.items())
    yield from ((word, info[name] * 8) for word, name in BITS.items())


def words_that_differ(socket: Mapping[str, Any], before: Numbers, after: Numbers) -> Iterator[str]:
    """What ss says and we do not, or the other way round."""
    ours = dict(our_words(socket)) if socket["info"] else {}
    if socket["state"] == "LISTEN":
        ours["sacked"] = 0  # the limit of its queue, which ss has as Send-Q
    if not ours.get("rtt"):
        ours.pop("rttvar", None)
    yield from (f"{word} is not compared" for word in before.keys() - ours.keys())
    for word, number in ours.items():
        bounds = sorted((before.get(word, 0), after.get(word, 0)))
        unsaid = not any(bounds) and word in UNSAID and UNSAID[word](number)
        exactly = bounds[0] <= number <= bounds[1]
        nearly = any(math.isclose(number, bound, rel_tol=1e-5) for bound in bounds)  # ss prints six digits
        newer = word in ("rcv_wnd", "rehash") and word not in before  # a word that this ss does not know
        if not (exactly or nearly or unsaid or newer):
            yield f"{word}: {number} is not within {bounds}"


def timer_differs(socket: Mapping[str, Any], before: Printed, after: Printed) -> bool:
    ours, first, last = socket["timer"], before.timer(), after.timer()
    if ours is None or first is None or last is None:
        return not (ours is None and first is None and last is None)
    kind = TimerKind.RETRANSMIT if ours["kind"] == TimerKind.LOSS_PROBE else ours["kind"]  # one word in ss
    if kind != first[0] or not first[2] <= ours["retransmits"] <= last[2]:
        return True
    cut = 1_000 if first[1] >= 10_000 else 10  # from ten seconds on ss prints none of the milliseconds
    return first[2] == last[2] and not last[1] - cut < ours["expires_ms"] < first[1] + cut


def identity(socket: Mapping[str, Any]) -> tuple[object, ...]:
    backlog = socket["backlog"]
    queues = (backlog["queued"], backlog["limit"]) if backlog else (socket["recv_q"], socket["send_q"])
    ends = (socket["local_ip"], socket["local_port"]), (socket["remote_ip"], socket["remote_port"])
    return socket["state"], *ends, socket["v4_mapped"], queues, socket["inode"] or 0, socket["uid"] or 0


def printed_identity(printed: Printed) -> tuple[object, ...]:
    numbers = printed.number("ino"), printed.number("uid")
    return printed.state, printed.local, printed.remote, printed.mapped, printed.queues, *numbers


def differences(ours: Mapping[int, Any], before: Mapping[int, Printed], after: Mapping[int, Printed]) -> list[str]:
    if not ours.keys() == before.keys() == after.keys():
        return [f"sockets: {len(ours)} of ours, {len(before)} of ss, then {len(after)}"]
    found = []
    for cookie, socket in ours.items():
        first, last = before[cookie], after[cookie]
        if identity(socket) not in (printed_identity(first), printed_identity(last)):
            found.append(f"{identity(socket)} is not {printed_identity(first)}")
        if timer_differs(socket, first, last):
            found.append(f"{socket['state']} timer: {socket['timer']} is not {first.timer()}")
        if socket["backlog"] and f",d{socket['backlog']['drops']})" not in first.words + last.words:
            found.append(f"drops: {socket['backlog']} is not in {first.words}")
        found += [f"{socket['state']} {words}" for words in words_that_differ(socket, said(first), said(last))]
    return found


@pytest.mark.parametrize("options", [pytest.param((), marks=needs_bpf), ("--no-bpf",)])
def test_sockets_in_every_state_are_those_of_ss(place: Place, program: list[str], options: tuple[str, ...]) -> None:
    def of_ss() -> dict[int, Printed]:
        return parse(place.run(*SS).stdout.splitlines())

    with place.running(sys.executable, "-c", EVERY_STATE) as sockets:
        read_until("ready", sockets.stdout)
        for _ in range(TRIES):
            before = of_ss()
            lines = place.run(*program, *options, "sockets", "--json").stdout.splitlines()
            ours = {socket["cookie"]: socket for socket in map(json.loads, lines)}
            if not (wrong := differences(ours, before, of_ss())):
                break
    assert {socket["state"] for socket in ours.values()} == set(STATES.split())
    assert wrong == []
