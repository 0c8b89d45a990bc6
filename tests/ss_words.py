"""What `ss -tanieom` says of a socket word by word, from one of its lines and from one object of `sockets --json`.

A word has a number, 1 if it is a flag, or a text. State, ends, queues, holder and timer are not among them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.ss_output import Printed

Words = dict[str, float | str]

ELSEWHERE = ("timer", "uid", "ino", "sk")
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
MEMORY = {
    "r": "rmem_alloc",
    "rb": "rcvbuf",
    "t": "wmem_alloc",
    "tb": "sndbuf",
    "f": "fwd_alloc",
    "w": "wmem_queued",
    "o": "optmem",
    "bl": "backlog",
    "d": "drops",
}
# What congestion controls tell of themselves, and what ss divides it by.
OWN = {
    "bbr": {
        "bw": ("bw", 1 / 8),
        "mrtt": ("min_rtt", 1_000),
        "pacing_gain": ("pacing_gain", 256),
        "cwnd_gain": ("cwnd_gain", 256),
    },
    "dctcp": {name: (name, 1) for name in ("ce_state", "alpha", "ab_ecn", "ab_tot")},
}
ARROWS = {(): "<->", ("receive",): "-->", ("send",): "<--", ("receive", "send"): "---"}
UPPER_LAYER = {"seq": "map_seq", "sfseq": "map_sfseq", "ssnoff": "ssn_offset", "maplen": "map_datalen"}
SUBFLOW_FLAGS = "MmJjBbecv"  # of MPTCP, from the lowest bit on
TEXTS = ("cgroup", "fwmark", "flags", "token", *UPPER_LAYER)


def said(printed: Printed) -> Words:
    """The words of one line."""
    found: Words = {}
    for word in re.sub(r"\b(send|pacing_rate|delivery_rate) ", r"\1:", printed.words).split():
        name, _, value = word.partition(":")
        if name in ELSEWHERE:
            continue
        if name == "skmem":
            found |= {f"skmem {key}": float(number) for key, number in re.findall(r"([a-z]+)(\d+)", value)}
        elif name in OWN and value:
            found |= {f"{name} {key}": float(number) for key, number in re.findall(r"(\w+):([\d.]+)", value)}
        elif name in TEXTS:
            found[name] = value
        elif not value and name not in (*FLAGS, "app_limited"):
            found[_kind(name)] = word
        else:
            numbers = [float(number) for number in re.findall(r"[\d.]+", value.partition("(")[0])] or [1.0]
            found |= zip(PAIRS.get(name, (name,)), numbers, strict=False)
    return found


def _kind(word: str) -> str:
    if word in ARROWS.values():
        return "arrows"
    return "upper layer" if word.startswith("tcp-ulp-") else "congestion"


def said_by_us(socket: Mapping[str, Any]) -> Words:
    """The same words, from our numbers; those that we do not know are left out."""
    words = dict((*_settings(socket), *_upper_layer(socket)))
    if socket["info"]:
        words |= dict(_measurements(socket))
    if socket["memory"]:
        words |= {f"skmem {word}": socket["memory"][name] for word, name in MEMORY.items()}
    if (own := socket["congestion_info"]) and (table := OWN.get(name := socket["congestion"])):
        words |= {f"{name} {word}": own[key] / divisor for word, (key, divisor) in table.items()}
    return words


def _measurements(socket: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    info = {name: value or 0 for name, value in socket["info"].items()}  # of a listener BPF tells little
    for flag, bit in FLAGS.items():
        yield flag, float(bool(info["options"] & bit))
    yield "app_limited", float(info["flags"] & 1)
    yield from ((word, info[name]) for word, name in RENAMED.items())
    yield from ((word, info[name] / 1_000) for word, name in MILLISECONDS.items())
    yield from ((word, info[name] // 1_000) for word, name in WHOLE_MILLISECONDS.items())
    yield from ((word, info[name] * 8) for word, name in BITS.items())
    if info["rtt"]:  # a rate that ss works out itself
        yield "send", info["snd_cwnd"] * info["snd_mss"] * 8_000_000 / info["rtt"]


def _settings(socket: Mapping[str, Any]) -> Iterator[tuple[str, float | str]]:
    if socket["cgroup"]:
        yield "cgroup", socket["cgroup"]
    if socket["congestion"]:
        yield "congestion", socket["congestion"]
    if socket["v6only"] is not None and socket["state"] == "LISTEN":  # of others the kernel tells ss nothing
        yield "v6only", float(socket["v6only"])
    if socket["shutdown"] is not None:
        yield "arrows", ARROWS[tuple(socket["shutdown"])]
    if socket["mark"]:
        yield "fwmark", hex(socket["mark"])


def _upper_layer(socket: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if socket["ulp"]:
        yield "upper layer", f"tcp-ulp-{socket['ulp']}"
    if socket["ulp"] != "mptcp" or not (ulp_info := socket["ulp_info"]):
        return
    flags = "".join(letter for bit, letter in enumerate(SUBFLOW_FLAGS) if ulp_info["flags"] >> bit & 1)
    yield "flags", flags
    ends = (("token_rem", "id_rem"), ("token_loc", "id_loc"))
    yield "token", "/".join(f"{ulp_info[token]:04x}(id:{ulp_info[number]})" for token, number in ends)
    yield from ((word, f"{ulp_info[name]:x}") for word, name in UPPER_LAYER.items() if name in ulp_info)
