"""Connections that ended alike at one place: how many, how much that matters, and what they have in common."""

from collections import Counter
from dataclasses import dataclass

from tcpwatch.diagnose.happened import EndedAt, OddEnd
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Severity

MANY = 10  # in a minute; a single one is ordinary
SOME, SOME_PERCENT = 5, 10  # fewer, where they are a good part of all that ended there


@dataclass(frozen=True, slots=True)
class EndedAlike:
    """Some of those that ended at one place; `times` may be more than the `members`, which were kept."""

    at: EndedAt
    times: int
    members: tuple[OddEnd, ...]
    reason: str | None = None

    @property
    def is_good_part(self) -> bool:
        """Whether they are a good part of all that ended there."""
        return len(self.members) * 100 >= self.at.total * SOME_PERCENT

    @property
    def newest(self) -> OddEnd:
        """The last of them."""
        return self.members[-1]

    @property
    def count(self) -> Count:
        """How many, in words."""
        return Count(self.times, "connection")

    @property
    def keys(self) -> tuple[int, ...]:
        """The identities of those that were kept."""
        return tuple(one.key for one in self.members)

    @property
    def look(self) -> str:
        """The command that shows the connections that are there now."""
        return f"ss -tanp sport = {self.at.place}" if self.at.served else f"ss -tanp dst {self.at.place}"

    def shares(self) -> tuple[Message, ...]:
        """How many ended there in all, and with whom most of them were."""
        hosts = Counter(one.facts.row.remote.ip for one in self.members).most_common(1)
        known, total = len(self.members), self.at.total
        found = [message("{known} of the {total} that ended there lately", known=known, total=total)]
        if self.at.served and known > 1:
            [(host, share)] = hosts
            found.append(message("{share} of {known} were with {host}", share=share, known=known, host=host))
        return tuple(found[total <= 1 :])


def severity_of_many(times: int, good_part: bool) -> Severity:
    """A warning where they are many for a minute, or some and a good part."""
    return Severity.WARN if times >= MANY or (times >= SOME and good_part) else Severity.NOTE
