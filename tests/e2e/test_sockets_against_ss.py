"""`tcpwatch sockets --json` says of every socket in every state what `ss -tanieom` says, word by word.

Sockets that retransmit change from one moment to the next. So `ss` runs before and after, and what lies between its two
answers is right; where something happened in between that makes them no bounds, all three run again.
"""

import json
import math
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tcpwatch.sockets.row import TimerKind
from tests.e2e.conftest import AS_NOBODY, Place, read_until
from tests.kernel.bpf.allowed import needs_bpf
from tests.ss_output import SS, Printed, parse
from tests.ss_words import Words, said, said_by_us

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss (iproute2)")]

TRIES = 4
EVERY_STATE = """
import time
from tests.kernel.real_sockets import RealSockets
with RealSockets() as sockets:
    sockets.every_state()
    sockets.every_setting()
    time.sleep(0.5)  # for delayed ACKs
    print("ready", flush=True)
    input()
"""
STATES = "LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING LAST-ACK TIME-WAIT"

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


def words_that_differ(socket: Mapping[str, Any], before: Words, after: Words) -> Iterator[str]:
    """What ss says and we do not, or the other way round."""
    ours = said_by_us(socket)
    if socket["state"] == "LISTEN":
        ours["sacked"] = 0  # the limit of its queue, which ss has as Send-Q
    if not ours.get("rtt"):
        ours.pop("rttvar", None)
    yield from (f"{word} is not compared" for word in before.keys() - ours.keys())
    for word, value in ours.items():
        bounds = (before.get(word, 0), after.get(word, 0))
        newer = word in ("rcv_wnd", "rehash") and word not in before  # a word that this ss does not know
        if not (newer or fits(word, value, *bounds)):
            yield f"{word}: {value} is not within {bounds}"


def fits(word: str, value: float | str, before: float | str, after: float | str) -> bool:
    """Whether a value lies between the two of ss, or is one that ss leaves out."""
    if isinstance(value, str) or isinstance(before, str) or isinstance(after, str):
        return value in (before, after)
    low, high = sorted((before, after))
    unsaid = not high and word in UNSAID and UNSAID[word](value)
    nearly = any(math.isclose(value, bound, rel_tol=1e-5) for bound in (low, high))  # ss prints six digits
    return low <= value <= high or nearly or unsaid


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
        if socket["backlog"] and socket["backlog"]["drops"] != socket["memory"]["drops"]:
            found.append(f"drops: {socket['backlog']} is not {socket['memory']}")
        found += [f"{socket['state']} {words}" for words in words_that_differ(socket, said(first), said(last))]
    return found


@pytest.mark.parametrize(
    ("user", "options"),
    [pytest.param("program", (), marks=needs_bpf), ("program", ("--no-bpf",)), ("plain_program", ())],
)
def test_sockets_in_every_state_are_those_of_ss(
    place: Place, request: pytest.FixtureRequest, user: str, options: tuple[str, ...]
) -> None:
    program = [*request.getfixturevalue(user), *options, "sockets", "--json"]
    peer = (*AS_NOBODY, *SS) if user == "plain_program" else SS

    def of_ss() -> dict[int, Printed]:
        return parse(place.run(*peer).stdout.splitlines())

    with place.running(sys.executable, "-c", EVERY_STATE) as sockets:
        read_until("ready", sockets.stdout)
        for _ in range(TRIES):
            before = of_ss()
            lines = place.run(*program).stdout.splitlines()
            ours = {socket["cookie"]: socket for socket in map(json.loads, lines)}
            if not (wrong := differences(ours, before, of_ss())):
                break
    assert {socket["state"] for socket in ours.values()} == set(STATES.split())
    assert wrong == []
