"""What the rules could not look at, so that "nothing is wrong" claims no more than was seen. Pure."""

from collections.abc import Collection, Iterable, Iterator

from tcpwatch.sockets.mishaps import MishapKind
from tcpwatch.sockets.row import NoOwner

WORDS = {
    MishapKind.RESET_SENT: "why RSTs were sent",
    MishapKind.ERROR: "errors given to programs",
    MishapKind.DROPPED: "dropped segments",
}


def not_looked_at(unavailable: Collection[MishapKind], holders: Iterable[object]) -> Iterator[str]:
    """In a few words each: kinds of mishaps that are not reported, and `holders` of sockets that are out of sight."""
    yield from (words for kind, words in WORDS.items() if kind in unavailable)
    if any(isinstance(one, NoOwner) and one.out_of_sight for one in holders):
        yield "other users' programs"
