from typing import Any

import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.diagnose.rules.socket import RULES, diagnose
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.sockets.row import NoOwner, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import owner, row


def facts(**facts: Any) -> SocketFacts:
    around: dict[str, Any] = {
        "owners": (owner(),),
        "no_owner": None,
        "info": None,
        "peer": None,
        "peer_owners": (),
        "turned_away": 0,
        "stack": NO_STACK,
    }
    given = {name: facts.pop(name) for name in tuple(facts) if name in around}
    return SocketFacts(row=row(**facts), **(around | given))


def rules_of(found: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in found]


def test_every_state_has_its_rules() -> None:
    assert set(RULES) == set(State)


def test_close_wait_names_the_program_that_must_close() -> None:
    [finding] = diagnose(facts(state=State.CLOSE_WAIT))
    assert finding.severity is Severity.WARN
    assert finding.message.startswith("java/4242 must call close()")
    assert "the peer closed first" in finding.evidence
    assert "ls -l /proc/4242/fd/58" in finding.do_next


def test_close_wait_without_the_right_to_see_the_owner_says_who_may() -> None:
    [finding] = diagnose(facts(state=State.CLOSE_WAIT, owners=(), no_owner=NoOwner.NEEDS_ROOT))
    assert finding.message.startswith("its program (root sees which) must call close()")


def test_close_wait_of_a_source_without_queues_does_not_say_that_no_timer_runs() -> None:
    [known], [unknown] = (diagnose(facts(state=State.CLOSE_WAIT, recv_q=recv_q)) for recv_q in (0, None))
    assert any("no timer runs" in fact for fact in known.evidence)
    assert not any("no timer runs" in fact for fact in unknown.evidence)


def test_fin_wait_2_claims_no_more_of_the_peer_than_is_seen() -> None:
    [inferred] = diagnose(facts(state=State.FIN_WAIT_2))
    assert inferred.do_next[0].endswith("by RFC 9293 it should be in CLOSE-WAIT")
    [seen] = diagnose(facts(state=State.FIN_WAIT_2, peer=row(state=State.CLOSE_WAIT)))
    assert seen.do_next[0].endswith(": it is in CLOSE-WAIT")


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
def test_opening_that_has_just_begun_is_no_warning(state: State) -> None:
    [finding] = diagnose(facts(state=state))
    assert finding.severity is Severity.CHAT
    assert "again" not in finding.message


def test_established_whose_queues_are_not_known_is_not_said_to_be_fine() -> None:
    assert diagnose(facts(recv_q=None, send_q=None)) == ()


@pytest.mark.parametrize(("inode", "words"), [(0, "tcp_fin_timeout"), (7, "without limit")])
def test_fin_wait_2_says_whether_the_kernel_gives_up(inode: int, words: str) -> None:
    [finding] = diagnose(facts(state=State.FIN_WAIT_2, inode=inode, owners=()))
    assert words in finding.evidence[1]


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_fin_sent_again_is_a_warning(state: State) -> None:
    again = diagnose(facts(state=state, timer=Timer(TimerKind.RETRANSMIT, 200, 3)))
    assert again[0].severity is Severity.WARN
    assert "sent again 3 times" in again[0].message
    assert diagnose(facts(state=state))[0].severity is Severity.CHAT


def test_established_in_the_accept_queue_is_not_accepted() -> None:
    assert rules_of(diagnose(facts(inode=0, owners=(), no_owner=NoOwner.NOT_ACCEPTED))) == ["not-accepted", "idle"]


def test_established_with_the_persist_timer_has_a_zero_window() -> None:
    stalled = facts(send_q=2_500_000, timer=Timer(TimerKind.PERSIST, 344, 0))
    [finding] = diagnose(stalled)
    assert finding.rule == "zero-window"
    assert "2,500,000 bytes in" in finding.evidence[0]


def test_established_with_unread_bytes_names_the_reader() -> None:
    [finding] = diagnose(facts(recv_q=512))
    assert finding.message == "java/4242 has not read 512 bytes that came."


def test_established_that_is_quiet_is_said_to_be_fine() -> None:
    assert rules_of(diagnose(facts())) == ["idle"]


def test_syn_sent_counts_the_syns() -> None:
    [finding] = diagnose(facts(state=State.SYN_SENT, timer=Timer(TimerKind.RETRANSMIT, 900, 2)))
    assert "sent again 2 times" in finding.message
    assert finding.severity is Severity.WARN
