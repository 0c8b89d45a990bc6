"""The meanings of the kernel's reasons, held against the words of this kernel."""

import pytest

from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.mishaps import Words
from tcpwatch.sockets.reasons import DROP_MEANINGS, ORDINARY_DROPS, RESET_MEANINGS, drop_meaning, reset_meaning
from tests.kernel.bpf.allowed import needs_reasons


def test_reset_meaning() -> None:
    assert reset_meaning("TCP_ABORT_ON_CLOSE") == "the program closed it with received data still unread"


def test_meaning_of_a_word_that_is_not_known() -> None:
    assert reset_meaning("TCP_MOON") == "the kernel says TCP_MOON"
    assert drop_meaning("131073") == "the kernel says 131073"


def test_meanings_follow_because() -> None:
    for meaning in (*RESET_MEANINGS.values(), *DROP_MEANINGS.values()):
        assert not meaning.endswith(".")


def test_ordinary_drops_have_meanings() -> None:
    assert DROP_MEANINGS.keys() >= ORDINARY_DROPS


@needs_reasons
@pytest.mark.e2e
def test_this_kernel_has_these_words() -> None:
    """A word that is spelled wrongly would never be found. Words that only other kernels have are few."""
    words = Words.of(read_btf())
    assert not RESET_MEANINGS.keys() - set(words.reset.values())
    assert not DROP_MEANINGS.keys() - set(words.drop.values())
