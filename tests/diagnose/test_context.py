import pytest

from tcpwatch.diagnose.context import FIRST_CLOSER, Closer, subject, unread_in_words
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State
from tests.builders import owner, row


@pytest.mark.parametrize(
    ("recv_q", "words"),
    [
        (0, "has read the end of the stream"),
        (1, "has not read since the peer closed"),
        (501, "500 bytes and the FIN"),
    ],
)
def test_unread_in_close_wait_tells_what_the_program_did(recv_q: int, words: str) -> None:
    told = unread_in_words(row(state=State.CLOSE_WAIT, recv_q=recv_q))
    assert told is not None
    assert words in told


def test_unread_of_a_source_without_queues_is_not_told() -> None:
    assert unread_in_words(row(recv_q=None)) is None


def test_unread_outside_close_wait_is_a_plain_count() -> None:
    assert unread_in_words(row(recv_q=2048)) == "2,048 unread bytes"
    assert unread_in_words(row(recv_q=0)) == "nothing unread"


def test_subject_counts_the_other_holders() -> None:
    assert subject((owner(), owner(pid=4243), owner(pid=4244)), None) == "java/4242 and 2 more"


def test_subject_without_an_owner_is_still_a_subject() -> None:
    assert subject((), NoOwner.NOT_FOUND) == "its program"
    assert subject((), NoOwner.NEEDS_ROOT) == "its program (root sees which)"
    assert subject((), NoOwner.NEEDS_SYS_PTRACE) == "its program (needs CAP_SYS_PTRACE)"


def test_first_closer_follows_from_the_closing_states_alone() -> None:
    assert FIRST_CLOSER[State.CLOSE_WAIT] is Closer.PEER
    assert FIRST_CLOSER[State.FIN_WAIT_2] is Closer.HERE
    assert State.ESTABLISHED not in FIRST_CLOSER
