import pytest

from tcpwatch.diagnose.context import FIRST_CLOSER, Closer, subject, unread_in_close_wait
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State
from tests.builders import owner


@pytest.mark.parametrize(
    ("recv_q", "words"),
    [
        (0, "nothing: the program has read the end of the stream"),
        (1, "0 bytes + FIN: the program has not read"),
        (2, "1 byte + FIN"),
        (501, "500 bytes + FIN"),
        (2049, "2,048 bytes + FIN"),
    ],
)
def test_unread_in_close_wait_tells_what_the_program_did(recv_q: int, words: str) -> None:
    assert str(unread_in_close_wait(recv_q)).startswith(words)


def test_subject_counts_the_other_holders() -> None:
    assert str(subject((owner(), owner(pid=4243), owner(pid=4244)), None)) == "java/4242 (and 2 more)"


def test_subject_without_an_owner_is_still_a_subject() -> None:
    assert str(subject((), NoOwner.NOT_FOUND)) == "its program"
    assert str(subject((), NoOwner.NEEDS_ROOT)) == "its program (root sees which)"
    assert str(subject((), NoOwner.NEEDS_SYS_PTRACE)) == "its program (needs CAP_SYS_PTRACE)"


def test_first_closer_follows_from_the_closing_states_alone() -> None:
    assert FIRST_CLOSER[State.CLOSE_WAIT] is Closer.PEER
    assert FIRST_CLOSER[State.FIN_WAIT_2] is Closer.HERE
    assert State.ESTABLISHED not in FIRST_CLOSER
