"""Which program the resets and the drops of the last minute belong to."""

from tcpwatch.diagnose.happened import DroppedAt, EndedAt, StrayResets
from tcpwatch.monitor.judging.happened import Happened, what_happened
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.counters import NO_STACK, LocalPorts, Stack
from tcpwatch.sockets.mishaps import Cause, EndsMishaps, MishapKind, Mishaps, ResetSent, SegmentDropped
from tcpwatch.sockets.row import NoOwner
from tcpwatch.sockets.timeline import OccurrenceKind
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends
from tests.builders import connection, ends, owner
from tests.diagnose.happenings import CAME, SENT, course, flow, sent

HERE, REMOTE = ("10.0.0.1", 8080), ("10.0.0.9", 50_000)
ENDS = ends(HERE, REMOTE)
MINUTE = 60_000_000_000
UNREAD, NFT = "TCP_ABORT_ON_CLOSE", "NETFILTER_DROP"
LISTENER = connection(cookie=99, state=State.LISTEN, ends=ends(HERE, ("0.0.0.0", 0)), owners=(owner(pid=7),))


def closed(
    cookie: int = 1, reset: OccurrenceKind | None = SENT, *, served: bool = True, pid: int | None = 4242
) -> Connection:
    states = (State.SYN_RECEIVED if served else State.SYN_SENT, State.ESTABLISHED)
    return connection(
        cookie=cookie,
        state=State.CLOSED,
        ends=ends(HERE, (REMOTE[0], 50_000 + cookie)),
        past=course(*states, reset=reset),
        owners=(owner(pid=pid),) if pid else (),
        no_owner=None if pid else NoOwner.SHORT,
    )


def happened(*ended: Connection, table: tuple[Connection, ...] = (), mishaps: Mishaps | None = None) -> Happened:
    return what_happened(table, ended, mishaps or Mishaps(), NO_STACK, MINUTE)


def only(found: Happened, program: int | NoOwner) -> EndedAt:
    [at] = found.ended[program]
    return at


def test_connections_are_brought_together_by_program_and_place() -> None:
    found = happened(closed(1), closed(2), closed(3, reset=None), closed(4, CAME, served=False))
    assert [(at.place, at.served, at.total, len(at.odd)) for at in found.ended[4242]] == [
        (":8080", True, 3, 2),
        ("10.0.0.9:50004", False, 1, 1),
    ]
    assert found.owners[4242].command == "java"
    assert found.programs == {4242}


def test_connection_without_a_known_owner_is_its_listener_s() -> None:
    assert only(happened(closed(pid=None), table=(LISTENER,)), 7).place == ":8080"
    assert only(happened(closed(pid=None)), NoOwner.SHORT).place == ":8080"


def test_place_of_one_whose_beginning_was_not_seen_follows_from_its_ports() -> None:
    one = connection(state=State.CLOSED, ends=ENDS, past=course(State.ESTABLISHED, reset=SENT))
    stack = Stack(local_ports=LocalPorts(32_768, 60_999))
    found = what_happened((), (one,), Mishaps(), stack, MINUTE)
    assert only(found, 4242).place == ":8080"
    assert only(happened(one), 4242).place == "10.0.0.9:50000"


def test_row_that_has_just_gone_counts_and_a_listener_that_went_does_not() -> None:
    gone = connection(cookie=5, ends=ENDS, mark=Mark.GONE, past=course(State.ESTABLISHED, reset=CAME))
    went = connection(row=LISTENER.row, owners=LISTENER.owners, mark=Mark.GONE)
    assert only(happened(table=(gone, went)), 4242).total == 1


def test_time_wait_counts_among_those_that_ended() -> None:
    waiting = connection(cookie=5, ends=ends(HERE, ("10.0.0.9", 1)), state=State.TIME_WAIT)
    assert only(happened(closed(), table=(LISTENER, waiting)), 4242).total == 2


def test_reset_that_only_the_mishaps_show_and_how_many_the_kernel_counted() -> None:
    one = closed(reset=None)
    mishaps = Mishaps(
        {one.row.ends: EndsMishaps(sent(UNREAD, 1, one.row.ends))},
        {Cause(MishapKind.RESET_SENT, UNREAD, 8080): 700},
    )
    found = happened(one, mishaps=mishaps)
    at = only(found, 4242)
    assert (at.odd[0].reason, at.resets) == (UNREAD, {UNREAD: 700})
    assert found.stray_resets == ()


def test_other_end_on_this_host_tells_why_it_reset() -> None:
    one = closed(reset=CAME, served=False)
    theirs = sent(UNREAD, 9, reversed_ends(one.row.ends))
    mishaps = Mishaps({theirs.ends: EndsMishaps(theirs)})
    assert only(happened(one, mishaps=mishaps), 4242).odd[0].peer_reset is theirs


def test_what_the_wire_showed_is_asked_for() -> None:
    wire = flow()
    found = what_happened((), (closed(reset=CAME),), Mishaps(), NO_STACK, MINUTE, lambda one: wire)
    assert only(found, 4242).odd[0].facts.flow is wire


def test_resets_of_no_connection_are_strays() -> None:
    counts = {
        Cause(MishapKind.RESET_SENT, "NO_SOCKET", 8080): 3,
        Cause(MishapKind.RESET_SENT, "TCP_FLAGS", 8080): 2,
        Cause(MishapKind.RESET_SENT, "TCP_FLAGS", 81): 1,
        Cause(MishapKind.ERROR, "104", 81): 1,
    }
    found = happened(closed(), mishaps=Mishaps(last_minute=counts))
    assert found.stray_resets == (StrayResets(8080, "NO_SOCKET", 3), StrayResets(81, "TCP_FLAGS", 1))


def test_nobody_watched() -> None:
    unavailable = dict.fromkeys(MishapKind, "needs root")
    assert happened(mishaps=Mishaps(unavailable=unavailable)).stray_resets is None
    assert happened().stray_resets == ()


def drop(of: bytes, time_ns: int = MINUTE, received: bool = True, cookie: int | None = None) -> SegmentDropped:
    return SegmentDropped(time_ns, reversed_ends(of) if received else of, cookie, None, NFT, 2, received)


def drops(of: SegmentDropped | None, kept: int, counted: int, *table: Connection) -> dict[object, list[DroppedAt]]:
    by_ends = {of.ends_here: EndsMishaps(drops={NFT: (kept, of)})} if of is not None else {}
    mishaps = Mishaps(by_ends, {Cause(MishapKind.DROPPED, NFT, 8080): counted})
    return {program: list(found) for program, found in happened(table=table, mishaps=mishaps).drops.items()}


def test_drops_of_a_connection_are_told_apart_from_those_for_its_listener() -> None:
    one, dropped = connection(ends=ENDS), drop(ENDS)
    assert drops(dropped, 4, 9, LISTENER, one) == {
        4242: [DroppedAt(":8080", True, NFT, 4, True, dropped, (1,))],
        7: [DroppedAt(":8080", True, NFT, 5, False, None, (99,))],
    }


def test_syn_that_is_dropped_on_its_way_in_is_that_of_the_client_on_this_host() -> None:
    client, dropped = connection(cookie=5, ends=reversed_ends(ENDS), state=State.SYN_SENT), drop(ENDS)
    [found] = drops(dropped, 3, 3, LISTENER, client)[4242]
    assert (found.place, found.served, found.times, found.of_connection) == ("10.0.0.1:8080", False, 3, True)


def test_drops_of_several_connections_to_one_place_are_one() -> None:
    clients = [connection(cookie=n, ends=ends(("10.0.0.1", 40_000 + n), ("10.0.0.9", 443))) for n in (1, 2)]
    sent = [drop(one.row.ends, received=False) for one in clients]
    mishaps = Mishaps(
        {one.ends: EndsMishaps(drops={NFT: (3, one)}) for one in sent},
        {Cause(MishapKind.DROPPED, NFT, 40_000 + n): 2 for n in (1, 2)},
    )
    [found] = happened(table=tuple(clients), mishaps=mishaps).drops[4242]
    assert (found.place, found.times, found.members) == ("10.0.0.9:443", 4, (1, 2))


def test_older_drops_of_a_connection_do_not_count() -> None:
    assert list(drops(drop(ENDS, time_ns=0), 4, 9, LISTENER, connection(ends=ENDS))) == [7]


def test_drops_at_a_port_of_nobody_are_not_told() -> None:
    assert drops(None, 0, 5_000) == {}


def test_ordinary_drops_are_not_told() -> None:
    counts = {Cause(MishapKind.DROPPED, "TCP_OLD_DATA", 8080): 50, Cause(MishapKind.DROPPED, NFT, None): 3}
    assert happened(table=(LISTENER,), mishaps=Mishaps(last_minute=counts)).drops == {}


def test_reset_of_a_socket_that_had_the_same_ends_is_another_s() -> None:
    one = closed(reset=None)
    earlier = ResetSent(5, one.row.ends, 44, State.CLOSED, UNREAD)
    assert happened(one, mishaps=Mishaps({one.row.ends: EndsMishaps(earlier)})).ended == {}
