"""The connections of a capture that show one sign towards one server: what a rule on the wire is asked about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tcpwatch.diagnose.message import Count, Listing, Message, Value, message
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.wire.signs import Seen, Sign, WireFacts, code, sign_of
from tcpwatch.text.duration import SECOND_NS, fine_duration
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import Endpoint, endpoints

END_OF_CAPTURE = message("by the end of the capture")
THIS_MOMENT = message("by this moment")
MOST_NAMED = 5  # frames in a sentence


class Span(NamedTuple):
    """A length of time, with tenths of a second where it is short."""

    ns: int

    def words(self, translate: Translate) -> str:
        """`0.4s`, the same in every language."""
        return fine_duration(self.ns)


@dataclass(frozen=True, slots=True)
class FlowGroup:
    """`count` connections to `server`, of which `facts` is the first; `side` is its end that shows the sign.

    `until` says up to when it was looked; `now_ns` is that moment on the capture's clock.
    """

    facts: WireFacts
    sign: Sign
    side: int
    count: int
    now_ns: int
    until: Message = END_OF_CAPTURE

    @property
    def seen(self) -> Seen:
        """The sign."""
        return self.facts.seen[code(self.sign, self.side)]

    @property
    def end(self) -> Endpoint:
        """The end that shows it."""
        return endpoints(self.facts.ends)[self.side]

    @property
    def other(self) -> Endpoint:
        """The end opposite."""
        return endpoints(self.facts.ends)[1 - self.side]

    @property
    def server(self) -> Endpoint:
        """The end that was called, as far as known."""
        return endpoints(self.facts.ends)[1]

    @property
    def stood_ns(self) -> int:
        """How long the sign has stood."""
        return max(0, self.now_ns - self.seen.since_ns)

    def times(self, sign: Sign, side: int) -> int:
        """How often the first connection has shown this."""
        return self.facts.times(sign, side)

    def both(self, one: Message, several: Message, **values: Value | str | int) -> Message:
        """The sentence of one connection, else that of `{connections}`, with these values and those of the group."""
        places: dict[str, Value | str | int] = {
            "end": str(self.end),
            "other": str(self.other),
            "server": str(self.server),
            "until": self.until,
        }
        number = Count(self.count, "connection")
        return message((one if self.count == 1 else several).template, connections=number, **places, **values)

    def in_frames(self, seen: Seen | None = None) -> Message:
        """Which segments prove it, as evidence."""
        seen = seen or self.seen
        named = ", ".join(map(str, seen.frames[:MOST_NAMED]))
        more = seen.times - min(MOST_NAMED, len(seen.frames))
        if more > 0:
            return message("frames {frames} and {more} more", frames=named, more=more)
        if len(seen.frames) == 1:
            return message("frame {frames}", frames=named)
        return message("frames {frames}", frames=named)

    def evidence(self, *facts: "Message | None") -> tuple[Message, ...]:
        """Those that there are; of several connections it is the first that they are about."""
        found = [fact for fact in facts if fact is not None]
        if self.times(Sign.NOT_CAPTURED, 0) or self.times(Sign.NOT_CAPTURED, 1):
            found.append(message("the capture itself lacks segments of this connection"))
        if self.count > 1 and found:
            return (message("the first of them: {facts}", facts=Listing(tuple(found), "; ")),)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRule(Rule[FlowGroup]):
    """A rule on the wire: it is asked where an end shows `sign`, and has shown it for `after_ns` where that can pass.

    Of several rules on one sign the first whose time has come counts.
    """

    sign: Sign
    after_ns: int = 0
    passes: bool = False

    def meets(self, seen: Seen, now_ns: int) -> bool:
        """Whether the sign is there, and has been for long enough."""
        return (seen.stands or not self.passes) and now_ns - seen.since_ns >= self.after_ns


def seconds(number: float) -> int:
    """In nanoseconds."""
    return int(number * SECOND_NS)


RulesOfSign = dict[Sign, list[WireRule]]


def by_sign(rules: Iterable[WireRule]) -> RulesOfSign:
    """The rules on each sign, in their order."""
    found: RulesOfSign = {}
    for rule in rules:
        found.setdefault(rule.sign, []).append(rule)
    return found


def rules_met(facts: WireFacts, rules: RulesOfSign, now_ns: int) -> Iterator[tuple[WireRule, int]]:
    """The rules that a connection meets, each with the end that does, an end once under one id."""
    met: set[str] = set()
    for number, seen in facts.seen.items():
        sign, side = sign_of(number)
        rule = next((rule for rule in rules.get(sign, ()) if rule.meets(seen, now_ns)), None)
        if rule is not None and rule.id not in met:
            met.add(rule.id)
            yield rule, side
