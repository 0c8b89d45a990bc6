"""A Monitor with nothing behind it: one fixed moment, rich enough to look at."""

from dataclasses import replace
from ipaddress import ip_address

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.judging.problems import ProblemFinder
from tcpwatch.monitor.snapshot import Connection, Detail, FlowFacts, Mark, Snapshot, SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.sockets.row import Backlog, NoOwner, Owner, SocketRow, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.event import Event, Meaning, Step
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.text.clean import clean
from tcpwatch.tui.protocols import Kill, Target
from tcpwatch.wire.segment import ACK, FIN, PSH, RST, SYN, Segment, reversed_ends

SECOND = 1_000_000_000
MONO_NS = 10_000 * SECOND
TIME_NS = 1_767_182_624 * SECOND  # 12:03:44 UTC
SUBJECT = Target("web-3", "lo", (9999,))
SERVER = "127.0.0.1", 9999
NO_CAPTURE = SourceStatus(
    "packets",
    False,
    "Packets cannot be captured: CAP_NET_RAW is missing.",
    "sudo tcpwatch --iface lo --port 9999",
)


def ends_of(local: tuple[str, int], remote: tuple[str, int]) -> bytes:
    ports = local[1].to_bytes(2) + remote[1].to_bytes(2)
    return ip_address(local[0]).packed + ip_address(remote[0]).packed + ports


def server_end(port: int) -> bytes:
    """The ends of the server's socket for the client at `port`."""
    return ends_of(SERVER, ("127.0.0.1", port))


def connection(
    key: int,
    ends: bytes,
    state: State,
    seconds: float,
    command: str | None = None,
    pid: int = 0,
    fd: int = 0,
    **changes: object,
) -> Connection:
    """A connection that has been in `state` for so long; changes go to the Connection or to its row."""
    owners = (Owner(pid, 1, clean(command), fd),) if command else ()
    names = {"owners", "no_owner", "user", "since_seen", "mark", "peer", "turned_away", "past"}
    row = SocketRow(key, ends, False, state, 1000, key, 0, 0)
    row = replace(row, **{name: value for name, value in changes.items() if name not in names})
    whole = Connection(
        row, owners, None if owners else NoOwner.KERNEL, "www", MONO_NS - int(seconds * SECOND), True, Mark.NONE, None
    )
    return replace(whole, **{name: value for name, value in changes.items() if name in names})


def connections() -> list[Connection]:
    java, curl = ("java", 4242), ("curl", 5120)
    keepalive = Timer(TimerKind.KEEPALIVE, 72_000, 0, MONO_NS)
    listener = ends_of(("0.0.0.0", 9999), ("0.0.0.0", 0))
    ssh = ends_of(("10.0.0.5", 22), ("10.0.0.9", 61022))
    nginx = ends_of(("2001:db8::5", 443), ("2001:db8::9", 50118))
    syn = ends_of(("10.0.0.5", 40112), ("203.0.113.7", 443))
    return [
        connection(1, server_end(53412), State.CLOSE_WAIT, 252, *java, 57),
        connection(2, server_end(53420), State.CLOSE_WAIT, 187, *java, 58, recv_q=1, peer=12),
        connection(3, server_end(53431), State.CLOSE_WAIT, 59, *java, 59, recv_q=501),
        connection(12, reversed_ends(server_end(53420)), State.FIN_WAIT_2, 187, *curl, 3, peer=2),
        connection(13, reversed_ends(server_end(53431)), State.FIN_WAIT_2, 59, *curl, 4),
        connection(20, server_end(53502), State.ESTABLISHED, 2, *java, 60, mark=Mark.NEW, timer=keepalive),
        connection(
            21, reversed_ends(server_end(53502)), State.ESTABLISHED, 2, "클라이언트", 6001, 3, mark=Mark.CHANGED
        ),
        connection(22, ssh, State.ESTABLISHED, 3720, "sshd", 881, 4, since_seen=False, timer=keepalive),
        connection(23, nginx, State.ESTABLISHED, 14, owners=(Owner(12, 1, "nginx", 9),) * 4, send_q=20_480),
        connection(24, syn, State.SYN_SENT, 3, "wget", 77, 5, timer=Timer(TimerKind.RETRANSMIT, 1_200, 2, MONO_NS)),
        connection(30, server_end(53390), State.TIME_WAIT, 17, timer=Timer(TimerKind.TIME_WAIT, 43_000, 0, MONO_NS)),
        connection(31, server_end(53394), State.TIME_WAIT, 48, timer=Timer(TimerKind.TIME_WAIT, 12_000, 0, MONO_NS)),
        connection(40, listener, State.LISTEN, 3720, *java, 5, since_seen=False, backlog=Backlog(0, 128, 2, 0)),
        connection(
            41, ends_of(("::", 22), ("::", 0)), State.LISTEN, 3720, no_owner=NoOwner.NEEDS_ROOT, since_seen=False
        ),
        connection(50, server_end(53380), State.LAST_ACK, 1, mark=Mark.GONE),
    ]


def closed() -> tuple[Connection, ...]:
    """A connection that was refused, one that lived for 31 ms, one of which only the end was told."""
    curl = Owner(5120, 1, "curl", None, gone=True)
    refused = timeline_of((State.SYN_SENT, 20_000_024_000), (State.CLOSED, 20_000_000_000))
    refused = refused.noting(OccurrenceKind.RESET_RECEIVED, MONO_NS - 20_000_000_010)
    brief = timeline_of(
        (State.SYN_SENT, 12_031_000_000),
        (State.ESTABLISHED, 12_030_000_000),
        (State.CLOSE_WAIT, 12_001_000_000),
        (State.LAST_ACK, 12_000_100_000),
        (State.CLOSED, 12_000_000_000),
    )
    return (
        connection(60, ends_of(("127.0.0.1", 53370), SERVER), State.CLOSED, 20, owners=(curl,), past=refused),
        connection(61, ends_of(("127.0.0.1", 53376), SERVER), State.CLOSED, 12, owners=(curl,), past=brief),
        connection(62, server_end(53384), State.CLOSED, 3, no_owner=NoOwner.SHORT),
    )


def timeline_of(*states: tuple[State, int]) -> Timeline:
    """A life as the kernel told it: each state, and how long before the fixed moment it began."""
    timeline = Timeline()
    for state, before_ns in states:
        timeline = timeline.entering(state, MONO_NS - before_ns, Precision.EXACT)
    return timeline


OPEN = State.ESTABLISHED, State.ESTABLISHED
# The states of the sender and of the receiver after each step.
AFTER = {
    Step.SYN: (State.SYN_SENT, State.LISTEN),
    Step.SYN_ACK: (State.SYN_RECEIVED, State.ESTABLISHED),
    Step.HANDSHAKE_ACK: OPEN,
    Step.FIN: (State.FIN_WAIT_1, State.CLOSE_WAIT),
    Step.FIN_ACKED: (State.CLOSE_WAIT, State.FIN_WAIT_2),
    Step.FIN_ACK: (State.LAST_ACK, State.TIME_WAIT),
    Step.PEER_FIN_ACKED: (State.TIME_WAIT, State.CLOSED),
    Step.RST: (State.CLOSED, State.CLOSED),
}


class Conversation:
    """Events between a client and the server at port 9999, one call a segment."""

    def __init__(self, stream: int, port: int, start_ns: int, client: str = "127.0.0.1") -> None:
        self._stream, self._client = stream, ends_of((client, port), SERVER)
        self._now = start_ns
        self.events: list[Event] = []

    def say(self, side: int, flags: int, seq: int, ack: int, after_us: int = 30, **words: object) -> "Conversation":
        self._now += after_us * 1000
        ends = reversed_ends(self._client) if side else self._client
        length = int(str(words.get("length", 0)))
        segment = Segment(len(self.events) + 1, self._now, ends, 7_000 + seq, 9_000 + ack, flags, 512, length, b"", b"")
        facts = {name: word for name, word in words.items() if name != "length"}
        step = words.get("step")
        states = AFTER[step] if isinstance(step, Step) else OPEN
        self.events.append(Event(segment, self._stream, side, seq, ack, 65_536, True, Meaning(*states, **facts)))
        return self


def events() -> list[Event]:
    first = Conversation(0, 53502, TIME_NS - 3 * SECOND + 120_000_000)
    first.say(0, SYN, 0, 0, 0, step=Step.SYN)
    first.say(1, SYN | ACK, 0, 1, 24, step=Step.SYN_ACK)
    first.say(0, ACK, 1, 1, 31, step=Step.HANDSHAKE_ACK)
    first.say(0, PSH | ACK, 1, 1, 400, length=14)
    first.say(1, ACK, 1, 15, 40)
    first.say(1, PSH | ACK, 1, 15, 900, length=14, app="HTTP/1.1 200 OK")
    first.say(1, PSH | ACK, 1, 15, 204_000, length=14, analysis=("retransmission",))
    second = Conversation(1, 53431, TIME_NS - 2 * SECOND + 320_000_000)
    second.say(0, FIN | ACK, 15, 1, 0, step=Step.FIN)
    second.say(1, ACK, 1, 16, 38, step=Step.FIN_ACKED)
    third = Conversation(2, 53394, TIME_NS - 1 * SECOND + 500_000_000)
    third.say(0, FIN | ACK, 15, 1, 0, step=Step.FIN)
    third.say(1, FIN | ACK, 1, 16, 52, step=Step.FIN_ACK)
    third.say(0, ACK, 16, 2, 20, step=Step.PEER_FIN_ACKED)
    fourth = Conversation(3, 53510, TIME_NS - 400_000_000)
    fourth.say(0, SYN, 0, 0, 0, step=Step.SYN)
    fourth.say(1, RST | ACK, 0, 1, 12, step=Step.RST, note="refused")
    return first.events + second.events + third.events + fourth.events


def details() -> dict[bytes, Detail]:
    ends = server_end(53420)
    info = TcpInfo(rto=204_000, rtt=52, rttvar=21, snd_mss=32_741, snd_cwnd=10, total_retrans=0)
    here = Tcb(
        Source.DERIVED,
        iss=1_834_112_905,
        irs=902_113_440,
        snd_una=1_834_112_906,
        snd_nxt=1_834_112_906,
        snd_wnd=65_536,
        snd_wscale=7,
        rcv_nxt=902_113_456,
        rcv_wnd=65_483,
        rcv_wscale=7,
        write_seq=1_834_112_906,
        copied_seq=902_113_455,
    )
    there = Tcb(
        Source.WIRE,
        iss=902_113_440,
        irs=1_834_112_905,
        snd_una=902_113_456,
        snd_nxt=902_113_456,
        snd_wnd=65_483,
        snd_wscale=7,
        rcv_nxt=1_834_112_906,
        rcv_wnd=65_536,
        rcv_wscale=7,
    )
    flow = FlowFacts(
        1, False, State.CLOSE_WAIT, State.FIN_WAIT_2, "handshake", None, False, 52_000, 0, 0, (3, 4), (0, 0), {}
    )
    leak = Problem(
        Severity.WARN,
        "java/4242 leaks sockets: 3 wait in CLOSE-WAIT, the oldest for 4m12s.",
        (),
        ("have java/4242 close() fd 58 when read() returns 0", "look at it: ls -l /proc/4242/fd/58"),
    )
    mine = {one.key: one for one in connections()}
    opened = timeline_of((State.SYN_RECEIVED, 187_900_031_000), (State.ESTABLISHED, 187_900_000_000))
    timelines = (
        opened.entering(State.CLOSE_WAIT, MONO_NS - 187 * SECOND, Precision.EXACT),
        timeline_of((State.FIN_WAIT_1, 187_000_050_000), (State.FIN_WAIT_2, 187_000_000_000)),
    )
    return {
        ends: Detail(
            ends,
            mine[2],
            mine[12],
            (here,),
            (there,),
            info,
            None,
            flow,
            (leak,),
            timelines=timelines,
            wall_ns=TIME_NS - MONO_NS,
        )
    }


class CannedMonitor:
    """A MonitorView whose pictures a test may replace."""

    kill: Kill | None = None

    def __init__(self, capture: bool = True) -> None:
        self.packets = PacketLog()
        self.details = details()
        self.stopped = False
        self.later_ns = 0
        if capture:
            self.packets.extend(events())
        working = SourceStatus("packets", True, "AF_PACKET ring on lo")
        self.sources = (SourceStatus("kernel", True, "sock_diag"), working if capture else NO_CAPTURE)
        self.publish(connections())

    def publish(
        self,
        rows: list[Connection],
        seconds: float = 0,
        dropped: int = 0,
        ended: tuple[Connection, ...] | None = None,
    ) -> None:
        """Make these connections the picture, so many seconds after the fixed moment."""
        later = int(seconds * SECOND)
        ended = closed() if ended is None else ended
        found = ProblemFinder().find(rows, NO_STACK, MONO_NS + later)
        self._snapshot = Snapshot(
            MONO_NS + later,
            TIME_NS + later,
            tuple(rows),
            {row.key: row for row in (*ended, *rows)},
            {row.row.ends: row for row in rows},
            self.sources,
            1_204,
            dropped,
            ended,
            problems=found.problems,
            trouble_since=found.trouble_since,
        )

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        found = self._snapshot.by_ends.get(ends)
        return self.details.get(ends) or (Detail(ends, found, None, (), (), None, None, None, ()) if found else None)

    def now_ns(self) -> int:
        return self._snapshot.mono_ns + self.later_ns

    def stop(self) -> None:
        self.stopped = True
